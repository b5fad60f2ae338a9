import type { CheckValue, Unusable, ValueCheck } from '../contract/check-value.ts'
import { admitSchema, jsonText, tooComplex, unusable } from './admit.ts'
import type { CheckJob } from './worker-messages.ts'
import { startWorkerThread } from './worker-thread.ts'
import type { CheckTimes, WorkerThread } from './worker-thread.ts'

/** Checks values against schemas in a thread of its own, which is started for the first of them. */
export interface SchemaChecker extends AsyncDisposable {
  readonly check: CheckValue
}

export interface CheckerLimits extends CheckTimes {
  readonly valueBytes: number
  /** How many checks may wait for the one that goes on. */
  readonly waiting: number
  /** How many schemas are remembered that took too long. */
  readonly remembered: number
}

const checkerLimits: CheckerLimits = {
  compileMs: 200,
  checkMs: 200,
  wallMs: 10_000,
  valueBytes: 8_388_608,
  waiting: 1000,
  remembered: 256,
}

export function createSchemaChecker(given: Partial<CheckerLimits> = {}): SchemaChecker {
  const limits = { ...checkerLimits, ...given }
  const tooSlow = rememberTexts(limits.remembered)
  let thread: WorkerThread | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let isStopping = false

  async function run(job: CheckJob, signal: AbortSignal | undefined): Promise<ValueCheck> {
    signal?.throwIfAborted()
    if (isStopping) return unusable('stopping', 'The gateway is being stopped')
    if (tooSlow.has(job.schemaText)) return tooComplex('it takes too long to be understood')
    if (!thread || thread.isEnded()) thread = startWorkerThread(limits)
    const outcome = await thread.check(job)
    if (outcome.kind !== 'ended') return outcome
    if (isStopping) return unusable('stopping', 'The gateway is being stopped')
    if (outcome.stage === 'starting') return unusable('too_many_checks', 'No schema can be checked')
    if (outcome.stage === 'ready') tooSlow.add(job.schemaText)
    return tooComplex(
      `it takes too long to ${outcome.stage === 'ready' ? 'be understood' : 'check'}`,
    )
  }

  /** One after the other, so that only the one that takes too long is ended. */
  function inTurn(job: CheckJob, signal: AbortSignal | undefined): Promise<ValueCheck> {
    waiting += 1
    const result = turn.then(() => run(job, signal)).finally(() => (waiting -= 1))
    turn = result.catch(() => undefined)
    return result
  }

  return {
    async check(schema, value, signal) {
      const job = jobOf(schema, value, limits)
      if ('kind' in job) return job
      if (waiting > limits.waiting) {
        return unusable('too_many_checks', `${waiting} checks wait already`)
      }
      const result = inTurn(job, signal)
      return signal ? Promise.race([result, untilAborted(signal, result)]) : result
    },
    async [Symbol.asyncDispose]() {
      isStopping = true
      await thread?.[Symbol.asyncDispose]()
      await turn
    },
  }
}

function jobOf(schema: unknown, value: unknown, limits: CheckerLimits): CheckJob | Unusable {
  const admitted = admitSchema(schema)
  if (admitted.kind !== 'admitted') return admitted
  const valueText = jsonText(value)
  if (valueText === undefined || Buffer.byteLength(valueText) > limits.valueBytes) {
    return unusable('value_too_large', `The value has more than ${limits.valueBytes} bytes`)
  }
  return { schemaText: admitted.text, valueText }
}

/** Rejects when the signal says so, as long as there is no result. */
function untilAborted(signal: AbortSignal, result: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const give = () => reject(signal.reason)
    if (signal.aborted) return give()
    signal.addEventListener('abort', give, { once: true })
    const forget = () => signal.removeEventListener('abort', give)
    void result.then(forget, forget)
  })
}

/** The texts that were added last. */
function rememberTexts(limit: number) {
  const texts = new Set<string>()
  return {
    has: (text: string) => texts.has(text),
    add(text: string) {
      texts.add(text)
      const [oldest] = texts
      if (texts.size > limit && oldest !== undefined) texts.delete(oldest)
    },
  }
}
