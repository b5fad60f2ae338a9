import type { RequirementId } from './index.ts'

/** Promised and not proven yet. Empty when a change is done. */
export const pending: readonly RequirementId[] = []
