import { failure } from '../failure-row.ts'

/** The file that says what servers offered when they were found good. */
export const lockFailures = {
  lock_invalid: failure({
    status: 500,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string; place?: string; problem: string }) =>
      `${d.file}${d.place === undefined ? '' : `:${d.place}`}: ${d.problem}`,
    remedy: () =>
      'Nothing is taken for good as long as it cannot be read. Restore it from version control; or remove it, run `gantry lock`, and review the file that is written.',
  }),
  lock_absent: failure({
    status: 404,
    rpc: -32603,
    retryable: false,
    message: (d: { file: string }) => `There is no ${d.file} to compare with`,
    remedy: () => 'Run `gantry lock`, and review the file that is written.',
  }),
  lock_unwritable: failure({
    status: 500,
    rpc: -32603,
    retryable: true,
    message: (d: { file: string; reason: string }) => `${d.file} cannot be written: ${d.reason}`,
    remedy: () => 'Nothing was changed. See that you may write there, and try again.',
  }),
} as const
