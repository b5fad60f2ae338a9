import { ProviderError } from '../../assistant/provider.ts'
import type { Offered, Toolbox, ToolboxCall } from '../../assistant/toolbox.ts'
import { FunctionTool } from '../../contract/chat.ts'
import type { ConsentMode, ToolOutcome } from '../../contract/chat.ts'
import { define } from '../../core/projection/project-tools.ts'
import type { ProjectedTool } from '../../core/projection/read-tools.ts'
import { createToolReader } from '../../core/projection/read-tools.ts'
import { restoreArguments } from '../../core/projection/restore-arguments.ts'
import { parseExact } from '../../kit/exact-json.ts'
import { isRecord } from '../../kit/is-record.ts'
import { failureWords } from './failure-words.ts'
import type { ChatLink, ToolOwner } from './link.ts'
import { listTools } from './lists.ts'
import type { Tool } from './lists.ts'
import type { AnswerQuestions } from './questions/answer.ts'

export interface LinkToolboxOptions {
  readonly link: ChatLink
  readonly consent: ConsentMode
  /** What grants for this conversation are bound to. */
  readonly conversation: () => string
  readonly answer: AnswerQuestions
  /** Nobody is there who could say yes or no. */
  readonly isUnattended: boolean
}

interface Known {
  readonly tool: Tool
  readonly projected: ProjectedTool
  readonly owner: ToolOwner
}

/** Calls that ask this often for something are not asked further. */
const roundLimit = 12

/** The tools behind a link, as a model is offered them. */
export function createLinkToolbox(options: LinkToolboxOptions): Toolbox {
  const { link } = options
  const read = createToolReader()
  let known: ReadonlyMap<string, Known> = new Map()

  return {
    async list(signal) {
      const [tools, owners] = await Promise.all([
        listTools(link, signal),
        link.owners(signal),
      ]).catch(unlisted)
      const entries = new Map(tools.map((tool) => [tool.name, entryOf(tool, owners)]))
      const byName = new Map(tools.map((tool) => [tool.name, tool]))
      const found = [...read(entries).tools.values()].flatMap((projected) => {
        const tool = byName.get(projected.shown)
        return tool ? [{ tool, projected, owner: ownerOf(tool.name, owners) }] : []
      })
      known = new Map(found.map((one) => [one.projected.name, one]))
      return found.map(toOffered)
    },
    async call(call) {
      const found = known.get(call.name)
      if (!found) {
        const message = `There is no tool "${call.name}".`
        return { kind: 'refused', code: 'tool_unknown', message }
      }
      try {
        return toOutcome(await relay(found, call, options))
      } catch (cause) {
        const { code, message, remedy } = failureWords(cause)
        if (options.isUnattended && code === 'approval_denied') return unattended
        const advice = remedy === undefined ? '' : `. ${remedy}`
        return { kind: 'refused', code, message: `${message}${advice}` }
      }
    },
  }
}

const unattended: ToolOutcome = {
  kind: 'refused',
  code: 'needs_approval',
  message:
    'Not run: a person has to allow this call, and nobody can be asked here. Go on without it.',
}

/** Without the list no model can be asked; why is told as it is. */
function unlisted(cause: unknown): never {
  const { code, message, remedy } = failureWords(cause)
  throw new ProviderError({ status: 502, code, type: 'server_error', message, remedy }, { cause })
}

function entryOf(tool: Tool, owners: ReadonlyMap<string, ToolOwner>) {
  const { server, tool: name } = ownerOf(tool.name, owners)
  return { server, name, bytes: Buffer.from(JSON.stringify(tool)) }
}

function ownerOf(name: string, owners: ReadonlyMap<string, ToolOwner>): ToolOwner {
  return owners.get(name) ?? { server: 'gantry', tool: name }
}

function toOffered({ tool, projected, owner }: Known): Offered {
  const definition = FunctionTool.parse(define(projected, 'openai'))
  const inputSchema = definition.function.parameters ?? {}
  return { definition, ...owner, inputSchema, annotations: tool.annotations }
}

/** Sends a call, answers what is asked in between, and sends it again, until there is a result. */
async function relay(
  { tool, projected, owner }: Known,
  call: ToolboxCall,
  { link, consent, conversation, answer }: LinkToolboxOptions,
): Promise<unknown> {
  const args = JSON.stringify(restoreArguments(parseExact(call.argumentsJson), projected))
  const named = `"name":${JSON.stringify(tool.name)},"arguments":${args}`
  const meta = {
    'gantry/consent': consent,
    'gantry/conversation': conversation(),
    'gantry/tainted': call.isTainted,
  }
  const { signal, progress } = call
  let answers = ''
  for (let round = 0; round < roundLimit; round += 1) {
    const result = await link.request('tools/call', `{${named}${answers}}`, {
      signal,
      meta,
      answersQuestions: true,
      inputSchema: tool.inputSchema,
      onNotification: (method, params) => {
        if (method === 'notifications/progress') progress?.(params)
      },
    })
    if (!isRecord(result) || result['resultType'] !== 'input_required') return result
    const about = { ...owner, argumentsJson: args, signal }
    const responses = await answer(result['inputRequests'], about)
    const { requestState: state } = result
    answers = `,"inputResponses":${JSON.stringify(responses)}`
    if (typeof state === 'string') answers += `,"requestState":${JSON.stringify(state)}`
  }
  throw new Error(`The tool asked ${roundLimit} times for something, and was not asked again`)
}

function toOutcome(result: unknown): ToolOutcome {
  const { isError, content, structuredContent } = isRecord(result) ? result : {}
  return {
    kind: 'result',
    isError: isError === true,
    content: Array.isArray(content) ? content : [],
    ...(structuredContent !== undefined && { structured: structuredContent }),
  }
}
