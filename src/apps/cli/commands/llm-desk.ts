import { dirname } from 'node:path'
import { z } from 'zod'

import { GatewayError } from '../../../contract/gateway-error.ts'
import { LlmResult, LlmStatus, RunRecord, RunSummary } from '../../../contract/llm.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { httpLink } from '../link/http.ts'
import { findGateway, keyOf } from '../link/open.ts'
import type { GatewayLink } from '../link.ts'
import { RpcError } from '../link.ts'
import { plain } from '../print/plain.ts'
import type { Context } from '../shell.ts'

/** The tools of LLM programs: those of a gateway that runs, else of a runner of our own. */
export interface LlmDesk extends AsyncDisposable {
  /** Fails with what the tool says was wrong. */
  call<Value>(tool: string, asked: DeskCall<Value>): Promise<Value>
}

export interface DeskCall<Value> {
  readonly args: object
  readonly shape: z.ZodType<Value>
  readonly signal: AbortSignal
  /** Told each piece of an answer as it comes. */
  readonly hear?: (piece: string) => void
}

export const OneRun = RunRecord.unwrap().extend({ log: z.string().optional() })
export const RunList = z.object({ runs: z.array(RunSummary) })
export const Cancelled = z.object({ cancelled: z.boolean() })
export { LlmResult, LlmStatus }

export async function openLlmDesk(context: Context): Promise<LlmDesk> {
  const found = await findGateway(context)
  if (!('base' in found)) return ownDesk(context, found.loaded)
  const base = new URL('servers/llm/', found.base)
  return deskOf(httpLink({ base, version: context.shell.version, key: keyOf(context) }))
}

type Loaded = Extract<Awaited<ReturnType<typeof findGateway>>, { loaded: unknown }>['loaded']

async function ownDesk({ shell }: Context, loaded: NonNullable<Loaded>): Promise<LlmDesk> {
  const [{ openOwnLink }, { stateFolder }, { baseEnvironment }] = await Promise.all([
    import('../../llm-runner/own-link.ts'),
    import('../../gateway/state-folder.ts'),
    import('../../gateway/base-environment.ts'),
  ])
  const { path, config } = loaded
  const own = await openOwnLink({
    llm: config.llm,
    baseFolder: path === undefined ? shell.cwd : dirname(path),
    stateFolder: stateFolder(),
    hide: path === undefined ? [] : [path],
    env: baseEnvironment(shell.env),
    version: shell.version,
    warn: (problem) => shell.stderr.write(`${plain(`gantry llm: ${String(problem)}`)}\n`),
  })
  return deskOf(own)
}

type Link = Pick<GatewayLink, 'request'> & AsyncDisposable

function deskOf(link: Link): LlmDesk {
  return {
    async call(tool, { args, shape, signal, hear }) {
      const params = JSON.stringify({ name: tool, arguments: args })
      const onNotification = (method: string, told: unknown) => {
        const piece = method === 'notifications/progress' && isRecord(told) && told['message']
        if (typeof piece === 'string') hear?.(piece)
      }
      const result = await link
        .request('tools/call', params, { signal, ...(hear && { onNotification }) })
        .catch((error: unknown) => {
          throw isUnknownServer(error) ? new GatewayError('llm_unavailable', undefined) : error
        })
      const content = isRecord(result) ? result['structuredContent'] : undefined
      const told = shape.safeParse(content)
      if (told.success) return told.data
      const { run_id: run }: { run_id?: unknown } = { ...args }
      if (tool === 'get_llm_run') throw new GatewayError('llm_run_unknown', { run: String(run) })
      throw new GatewayError('llm_refused', { problem: textOf(result) })
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

function isUnknownServer(error: unknown): boolean {
  if (!(error instanceof RpcError) || !isRecord(error.data)) return false
  return error.data['gantryCode'] === 'server_unknown' || error.data['code'] === 'server_unknown'
}

/** What a tool says in place of a result. */
function textOf(result: unknown): string {
  const content = isRecord(result) && Array.isArray(result['content']) ? result['content'] : []
  const [first]: readonly unknown[] = content
  const text = isRecord(first) && typeof first['text'] === 'string' ? first['text'] : ''
  const said: unknown = text.startsWith('{') ? JSON.parse(text) : undefined
  const problem = isRecord(said) && typeof said['error'] === 'string' ? said['error'] : text
  return problem.replace(/\.$/, '')
}
