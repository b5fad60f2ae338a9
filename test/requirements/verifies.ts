import { test, type TestContext } from 'vitest'
import type { RequirementId } from './index.ts'

/** A test that proves one requirement, or several at once; its report line starts with their ids. */
export function verifies(
  ids: RequirementId | readonly RequirementId[],
  name: string,
  prove: (context: TestContext) => unknown,
  timeoutMs?: number,
): void {
  const title = `${[ids].flat().join(', ')}: ${name}`
  test(title, timeoutMs === undefined ? {} : { timeout: timeoutMs }, async (context) => {
    await prove(context)
  })
}
