import * as z from 'zod'

/** What every client asks of the gateway, and what it got. */
export const answersSchema = z.object({
  tools: z.array(z.string()),
  echoed: z.string(),
  text: z.string(),
  prompt: z.string(),
  resource: z.string(),
})

export type Answers = z.infer<typeof answersSchema>

/** Asks all of it, with whatever client library or program. */
export type AskAll = (url: string, home: string) => Promise<Answers>

/** The five questions; the clients differ only in how they put them. */
export const questions = {
  echo: { name: 'echo', arguments: { message: 'hello' } },
  text: { name: 'test_simple_text', arguments: {} },
  prompt: { name: 'test_simple_prompt' },
  resource: { uri: 'test://static-text' },
}

export const toolsSchema = z
  .object({ tools: z.array(z.object({ name: z.string() })) })
  .transform(({ tools }) => tools.map(({ name }) => name))

export const callSchema = z
  .object({ content: z.tuple([z.object({ text: z.string() })]) })
  .transform(({ content: [{ text }] }) => text)

export const promptSchema = z
  .object({ messages: z.tuple([z.object({ content: z.object({ text: z.string() }) })]) })
  .transform(({ messages: [{ content }] }) => content.text)

export const resourceSchema = z
  .object({ contents: z.tuple([z.object({ text: z.string() })]) })
  .transform(({ contents: [{ text }] }) => text)
