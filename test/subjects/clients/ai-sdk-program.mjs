// JavaScript, so that the types of a package that is installed on demand are not asked for.
import { createMCPClient } from '@ai-sdk/mcp'

const [url = '', asked = '{}'] = process.argv.slice(2)
const questions = JSON.parse(asked)
const client = await createMCPClient({ transport: { type: 'http', url } })

const replies = {
  tools: await client.listTools(),
  echoed: await client.callTool(questions.echo),
  text: await client.callTool(questions.text),
  prompt: await client.getPrompt(questions.prompt),
  resource: await client.readResource(questions.resource),
}
await client.close()
process.stdout.write(JSON.stringify(replies))
