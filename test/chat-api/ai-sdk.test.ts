import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { stepCountIs, streamText, generateText, tool } from 'ai'
import { expect } from 'vitest'
import { z } from 'zod'
import { verifies } from '../requirements/verifies.ts'
import { openBed } from './bed.ts'

verifies(
  ['chat-api:ai-sdk', 'chat-api:mixed-tools'],
  'it streams, runs its own tool in between and never notices ours',
  async () => {
    await using bed = await openBed()
    const { provider, gateway } = bed
    provider.script(
      'sdk',
      {
        text: ['Let ', 'me see.'],
        calls: [
          { name: 'look_up', arguments: { word: 'ours' } },
          { name: 'showMap', arguments: { place: 'harbour' } },
        ],
      },
      { text: ['It is ', 'there.'] },
    )
    const gantry = createOpenAICompatible({
      name: 'gantry',
      apiKey: 'none',
      baseURL: `http://127.0.0.1:${gateway.port}/v1`,
      includeUsage: true,
    })
    const places: string[] = []
    const result = streamText({
      model: gantry('fake/sdk'),
      prompt: 'Where is the crane?',
      stopWhen: stepCountIs(3),
      tools: {
        showMap: tool({
          description: 'Shows a place.',
          inputSchema: z.object({ place: z.string() }),
          execute({ place }) {
            places.push(place)
            return `a map of ${place}`
          },
        }),
      },
    })
    const parts: string[] = []
    for await (const part of result.fullStream) parts.push(part.type)

    expect(parts).not.toContain('error')
    expect(await result.text).toBe('It is there.')
    expect((await result.steps)[0]?.text).toBe('Let me see.')
    expect(places).toEqual(['harbour'])
    expect(bed.calls).toEqual(['look_up {"word":"ours"}'])
    expect((await result.totalUsage).totalTokens).toBe(28)
    expect(provider.requests('sdk')[1]?.body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{}, {}] },
      { role: 'tool', content: expect.stringContaining('look_up did') },
      { role: 'tool', content: expect.stringContaining('a map of harbour') },
    ])

    provider.script('plain', { calls: [{ name: 'look_up', arguments: {} }] }, { text: 'Plain.' })
    const { text, finishReason } = await generateText({
      model: gantry('fake/plain'),
      prompt: 'Hi',
    })
    expect({ text, finishReason }).toEqual({ text: 'Plain.', finishReason: 'stop' })
  },
)
