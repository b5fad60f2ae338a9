import type { ValueCheck } from '../contract/check-value.ts'

export interface CheckJob {
  readonly schemaText: string
  readonly valueText: string
}

export type WorkerMessage =
  | { readonly stage: 'ready' }
  /** The schema is compiled; from here on the value is checked. */
  | { readonly stage: 'compiled' }
  | { readonly stage: 'done'; readonly result: ValueCheck }
