import type { HttpSteps } from './http.ts'
import { httpRunners } from './http.ts'
import type { LineSteps } from './lines.ts'
import { lineRunners } from './lines.ts'
import type { NoiseSteps } from './noise.ts'
import { noiseRunners } from './noise.ts'
import type { ProcessSteps } from './process.ts'
import { processRunners } from './process.ts'
import type { ReplySteps } from './reply.ts'
import { replyRunners } from './reply.ts'
import type { ResourceSteps } from './resources.ts'
import { resourceRunners } from './resources.ts'
import type { Runners } from './runners.ts'
import type { TimingSteps } from './timing.ts'
import { timingRunners } from './timing.ts'
import type { Turn } from '../server/turn.ts'

/** Every step by its name, with what it takes. */
export interface Steps
  extends TimingSteps, ReplySteps, NoiseSteps, ProcessSteps, ResourceSteps, LineSteps, HttpSteps {}

/** One thing a fault server does on the way to an answer. */
export type Step<Name extends keyof Steps = keyof Steps> = {
  readonly [Each in Name]: { readonly do: Each } & Steps[Each]
}[Name]

const runners: Runners<Steps> = {
  ...timingRunners,
  ...replyRunners,
  ...noiseRunners,
  ...processRunners,
  ...resourceRunners,
  ...lineRunners,
  ...httpRunners,
}

/** Does the steps in order; the answer follows by itself unless one of them has answered or hangs. */
export async function runSteps(steps: readonly Step[], turn: Turn): Promise<void> {
  if (!steps.some((step) => step.do === 'execute')) turn.execute()
  for (const step of steps) {
    if (turn.isGivenUp()) return
    await runStep(step, turn)
  }
  if (!turn.isAnswered() && !turn.isGivenUp()) turn.outlet.finish(turn.replyText())
}

function runStep<Name extends keyof Steps>(
  step: { readonly do: Name } & Steps[Name],
  turn: Turn,
): void | Promise<void> {
  return runners[step.do](step, turn)
}

export function isStep(value: unknown): value is Step {
  return (
    typeof value === 'object' &&
    value !== null &&
    'do' in value &&
    typeof value.do === 'string' &&
    Object.hasOwn(runners, value.do)
  )
}
