import { checkRoughly } from '../../assistant/check-arguments.ts'
import type { CheckArguments } from '../../assistant/toolbox.ts'
import type { SchemaChecker } from '../../schemas/checker.ts'

export interface ArgumentCheck extends AsyncDisposable {
  readonly check: CheckArguments
}

/** Checks arguments against the whole schema; its thread is started for the first of them. */
export function createArgumentCheck(): ArgumentCheck {
  let opening: Promise<SchemaChecker> | undefined

  return {
    async check(offered, value, signal) {
      opening ??= import('../../schemas/checker.ts').then(({ createSchemaChecker }) =>
        createSchemaChecker(),
      )
      const { check } = await opening
      const outcome = await check(offered.inputSchema, value, signal)
      if (outcome.kind === 'unusable') return checkRoughly(offered, value, signal)
      if (outcome.kind === 'fits') return undefined
      return outcome.problems
        .slice(0, 5)
        .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
        .join('; ')
    },
    async [Symbol.asyncDispose]() {
      await (await opening)?.[Symbol.asyncDispose]()
    },
  }
}
