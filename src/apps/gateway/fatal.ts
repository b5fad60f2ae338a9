import type { Log } from '../../core/observe/log.ts'

/** An internal software error, as `sysexits.h` has it. */
const softwareExit = 70

/**
 * Settles when something was thrown that nobody caught: what state that left is unknown, so the program is to end
 * in order and soon, with an exit code that says so. What is thrown after that is only written down.
 */
export function untilFatal(log: Pick<Log, 'error'>): Promise<void> {
  return new Promise<void>((resolve) => {
    const failed = (event: string) => (error: unknown) => {
      log.error(event, { error })
      resolve()
    }
    process.on('uncaughtException', failed('uncaught_exception'))
    process.on('unhandledRejection', failed('unhandled_rejection'))
  }).then(() => {
    process.once('exit', () => {
      process.exitCode = softwareExit
    })
  })
}

/** In an unknown state nobody should have to wait long for what may never come. */
export const fatalDrainMs = 5000
