import type { StartGate } from '../processes/start-gate.ts'

/** Works when it is its turn, and gives the place free whatever becomes of the work. */
export async function inTurn<Value>(
  gate: StartGate,
  signal: AbortSignal | undefined,
  work: () => Promise<Value>,
): Promise<Value> {
  const place = await gate.enter(signal)
  try {
    return await work()
  } finally {
    place[Symbol.dispose]()
  }
}
