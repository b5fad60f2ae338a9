import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { guardian, namespace, namespacedWords, userNamespace } from './containment.ts'
import type { Containment, Words } from './containment.ts'
import { signalGroup, signalProcess } from './group.ts'

const startMs = 3000
const dieMs = 1000
/** Says that it runs, then stays unless something ends it. */
const witness = ['/bin/sh', '-c', 'echo up; exec sleep 10'] as const

/** The strongest containment that works here, found out by killing a parent and watching its child. */
export async function proveContainment(
  candidates: readonly Containment[] = [namespace, userNamespace],
): Promise<Containment> {
  if (process.platform !== 'linux') return guardian
  for (const candidate of candidates) {
    if (candidate.kind === 'namespace' && (await diesWithParent(candidate.unshare)))
      return candidate
  }
  return guardian
}

async function diesWithParent(unshare: Words): Promise<boolean> {
  const words = namespacedWords(unshare, witness)
  const parent = spawn('/bin/sh', ['-c', '"$@" & wait', 'sh', ...words], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {},
  })
  if (parent.pid === undefined) {
    await once(parent, 'error')
    return false
  }
  try {
    if (!(await happens(parent.stdout, 'data', startMs))) return false
    signalProcess(parent.pid, 'SIGKILL')
    return await happens(parent.stdout, 'end', dieMs)
  } finally {
    signalGroup(parent.pid, 'SIGKILL')
    parent.stdout.destroy()
  }
}

/** Whether the event comes in time; a stream that ended before its data came has answered too. */
async function happens(
  stream: Readable,
  event: 'data' | 'end',
  withinMs: number,
): Promise<boolean> {
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(withinMs)])
  if (event === 'data') stream.once('end', () => ended.abort())
  return once(stream, event, { signal }).then(
    () => true,
    () => false,
  )
}
