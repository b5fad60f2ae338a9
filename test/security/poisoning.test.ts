import * as fc from 'fast-check'
import { expect } from 'vitest'
import { admitListing } from '../../src/core/catalog/admit-listing.ts'
import { readServer } from '../../src/contract/config/read.ts'
import { runGantry } from '../cli/run-gantry.ts'
import type { WireClient } from '../fixtures/scripted/clients.ts'
import { clientOf } from '../fixtures/scripted/clients.ts'
import { startScripted } from '../fixtures/scripted/gateway.ts'
import type { Script } from '../fixtures/scripted/script.ts'
import { textResult, tool } from '../fixtures/scripted/script.ts'
import { listingsOf } from '../kit/entries.ts'
import { openMemoryGateway } from '../kit/memory-gateway.ts'
import { everything } from '../kit/calls.ts'
import { instructionsOf } from '../../src/core/clients/offer.ts'
import { ask } from '../rest/ask.ts'
import { verifies } from '../requirements/verifies.ts'
import type { PoisonedTool } from './poisoned-tools.ts'
import { honestTools, poisonedTools } from './poisoned-tools.ts'

const hidden = poisonedTools.filter(({ fate }) => fate !== 'seen')

const hostile: Script = {
  era: 'modern',
  tools: poisonedTools.map(({ text }) => text),
  prompts: ['{"name":"ask","description":"A\\u200bsk","arguments":[{"name":"who"}]}'],
  resources: [
    '{"uri":"note://a","name":"n\\u202e"}',
    '{"uri":"note://\\u202eb","name":"turned round"}',
  ],
  on: { 'tools/call': ({ answer }) => answer(textResult('done')) },
}

/** By its numbers, so that nothing the gateway believes of Unicode is believed here. */
const ranges: readonly (readonly [number, number])[] = [
  [0x00, 0x08],
  [0x0b, 0x0c],
  [0x0e, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x378, 0x379],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x2800, 0x2800],
  [0x3164, 0x3164],
  [0xd800, 0xf8ff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xe0000, 0x10ffff],
]

function hiddenIn(text: string): readonly string[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
    .filter((code) => ranges.some(([first, last]) => code >= first && code <= last))
    .map((code) => code.toString(16))
}

interface Shown {
  readonly name: string
  readonly description?: string
}

async function toolsOf(client: WireClient): Promise<readonly Shown[]> {
  const { text } = await client.ask('tools/list')
  const { result }: { result: { tools: readonly Shown[] } } = JSON.parse(text)
  return result.tools
}

/** Every string in a value, keys included. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)])
}

const nameIn = ({ text }: PoisonedTool): string => JSON.parse(text).name

verifies(
  'security:V34',
  'of 40 poisoned tools no client of any kind reads what nobody can see, and the honest ones stay',
  async () => {
    expect(poisonedTools).toHaveLength(40)
    const servers = { evil: hostile, good: { era: 'modern', tools: honestTools } } as const
    await using bed = await startScripted('http', servers, { config: { naming: 'prefix' } })
    const { gateway } = bed
    const lists: readonly (readonly Shown[])[] = [
      await toolsOf(await clientOf('modern', gateway.url)),
      await toolsOf(await clientOf('legacy', gateway.url)),
      await toolsOf(await clientOf('modern', gateway.urlOf('evil'))),
      (await ask(gateway, '/api/tools?format=openai&server=evil')).json,
    ]
    for (const list of lists) {
      const evil = textsIn(list).filter((text) => !text.includes('👩'))
      expect(evil.filter((text) => text !== 'می‌خواهم क्‍ष ٣').flatMap(hiddenIn)).toEqual([])
      expect(evil.every((text) => text.length <= 60_000)).toBe(true)
    }
    const shown = new Map(lists[2]?.map((one: Shown) => [one.name, one]))
    for (const one of poisonedTools) {
      expect(shown.has(nameIn(one)), one.what).toBe(one.fate !== 'left out')
    }
    const cut = hidden.find(({ fate }) => fate === 'cut')
    const description = cut && shown.get(nameIn(cut))?.description
    expect(description).toMatch(/… \[Gantry left out 983\d{3} more characters\]$/)
    expect(description).not.toContain('id_rsa')
  },
)

verifies(
  'security:V34',
  'each tool that is left out is named with its reason in the status, by `ls` and by `doctor`',
  async () => {
    await using bed = await startScripted('stdio', { evil: hostile })
    const { gateway } = bed
    const lost = poisonedTools.filter(({ fate }) => fate === 'left out').length
    await expect
      .poll(async () => (await ask(gateway, '/api/servers/status')).json, { timeout: 15_000 })
      .toMatchObject([{ left_out_count: lost + 1, cleaned: hidden.length - lost + 2 }])
    const [status] = (await ask(gateway, '/api/servers/status')).json
    expect(status.left_out).toContainEqual({
      kind: 'tools',
      name: 'ad‹U+200B›d',
      reason: 'its name has characters that cannot be seen',
    })
    expect(status.left_out).toContainEqual({
      kind: 'resources',
      name: 'note://‹U+202E›b',
      reason: 'its name has characters that cannot be seen',
    })
    expect(hiddenIn(JSON.stringify(status))).toEqual([])

    const run = (...args: string[]) =>
      runGantry([...args, '--config', `${gateway.folder}/gantry.json`], { cwd: gateway.folder })
    const ls = await run('ls', '--url', `http://127.0.0.1:${gateway.port}`)
    expect(ls.stdout).toContain('evil: "ad‹U+200B›d" is left out: its name has characters')
    const doctor = await run('doctor', 'evil')
    expect(doctor.stdout).toContain('"ad‹U+200B›d" is left out: its name has characters')
    expect(gateway.stderr().match(/entries_left_out.*tools/g)).toHaveLength(1)
  },
)

verifies(
  'security:V34',
  'where tools have to be approved first, not one of them is shown before somebody has looked at it',
  async () => {
    const entry = { onNew: 'block' }
    await using bed = await startScripted('http', { evil: hostile }, { entry })
    const { gateway } = bed
    const client = await clientOf('modern', gateway.url)
    expect(await toolsOf(client)).toEqual([])
    const seen = poisonedTools.find(({ what }) => what === 'base64')
    const name = seen ? nameIn(seen) : ''
    const { approvals } = (await ask(gateway, '/api/approvals')).json
    const waiting = approvals.find((one: { tool: string }) => one.tool === name)
    const approved = await ask(gateway, '/api/approvals', {
      body: { server: 'evil', tool: name, digest: waiting.digest, decision: 'approve' },
    })
    expect(approved.json).toEqual({ server: 'evil', decision: 'approve', tools: [name] })
    const shown = await toolsOf(client)
    expect(shown.map((one) => JSON.stringify(one))).toEqual([seen?.text])
    // What the person read is what the model reads.
    const read = waiting.differences.find(
      ({ member }: { member: string }) => member === 'description',
    )
    expect(read.after).toBe(shown[0]?.description)
  },
)

verifies('security:V34', 'what a server says of itself is cleaned, too', async () => {
  const instructions = 'Use it.\u{E0049}\u{E0047}\u200B'
  await using bed = await openMemoryGateway({ one: { instructions } })
  expect(instructionsOf(bed.gateway, everything)).toBe('# one\nUse it.')
})

verifies('security:V34', 'the entry of a server says what becomes of hidden text', () => {
  const listing = listingsOf('one', { tools: [{ name: 'a', description: 'x\u200B' }] }).tools
  const admitted = (text: string) =>
    admitListing(listing, 'tools', readServer('one', { command: 'c', catalog: { text } }).catalog)
  expect(admitted('keep').listing).toBe(listing)
  expect(admitted('strip').listing.entries[0]?.bytes.toString()).toContain('"x"')
  expect(admitted('reject')).toMatchObject({
    listing: { entries: [] },
    leftOut: [{ reason: '"description" has characters that cannot be seen' }],
  })
})

verifies(
  'security:V34',
  'of too many tools the first ones are taken over, and of two with one name the first',
  () => {
    const { catalog } = readServer('one', { command: 'c' })
    const many = Array.from({ length: catalog.entries + 3 }, (_, index) => tool(`t${index}`))
    const { listing, leftOut } = admitListing(
      listingsOf('one', { tools: [tool('t0'), ...many] }).tools,
      'tools',
      catalog,
    )
    expect(catalog.entries).toBeGreaterThanOrEqual(1000)
    expect(listing.entries.map(({ name }) => name)).toEqual(
      many.slice(0, catalog.entries).map((_, index) => `t${index}`),
    )
    expect(leftOut.map(({ reason }) => reason)).toEqual([
      'another one before it has the same name',
      ...Array.from({ length: 3 }, () => `only ${catalog.entries} tools are taken over`),
    ])
  },
)

verifies('security:V34:bytes', 'honest tools are relayed byte for byte', async () => {
  await using bed = await startScripted('http', { good: { era: 'modern', tools: honestTools } })
  const { text } = await (await clientOf('modern', bed.gateway.url)).ask('tools/list')
  for (const one of honestTools) expect(text).toContain(one)
  const [status] = (await ask(bed.gateway, '/api/servers/status')).json
  expect(status).not.toHaveProperty('left_out')
  expect(status).not.toHaveProperty('cleaned')
})

const visible = fc.string({
  unit: fc
    .oneof(
      fc.integer({ min: 0x20, max: 0x7e }),
      fc.constantFrom(0x0a, 0x09, 0xe9, 0x3b1, 0x5d0, 0x4e00, 0xac00, 0x1f600, 0x2764, 0x20ac),
    )
    .map((code) => String.fromCodePoint(code)),
})

verifies(
  'security:V34:bytes',
  'whatever can be seen is left as it is, however it is spelled',
  () => {
    const { catalog } = readServer('one', { command: 'c' })
    fc.assert(
      fc.property(
        visible,
        fc.jsonValue({ stringUnit: 'grapheme-ascii' }),
        fc.nat(2),
        (said, rest, gap) => {
          const text = JSON.stringify({ name: 'a', description: said, rest }, undefined, gap)
          const listing = listingsOf('one', { tools: [text] }).tools
          expect(admitListing(listing, 'tools', catalog).listing).toBe(listing)
        },
      ),
      { numRuns: 300 },
    )
  },
)

verifies(
  'security:V34',
  'whatever is hidden where in a text, nothing of it is left and the rest stays',
  () => {
    const { catalog } = readServer('one', { command: 'c' })
    const unseen = fc.constantFrom(...ranges.map(([first]) => String.fromCodePoint(first)))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^[a-z ]{0,5}$/), unseen)), (pieces) => {
        const description = pieces.flat().join('')
        const listing = listingsOf('one', { tools: [{ name: 'a', description }] }).tools
        const [shown] = admitListing(listing, 'tools', catalog).listing.entries
        expect(JSON.parse(String(shown?.bytes)).description).toBe(
          pieces.map(([seen]) => seen).join(''),
        )
      }),
      { numRuns: 300 },
    )
  },
)
