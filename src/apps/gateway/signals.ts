/** Which signal ended the wait. */
export type Ending = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/**
 * The first signal asks for an orderly end; a second one ends at once. Where somebody takes care of hangups,
 * those do not end anything.
 */
export function untilSignal(onHangup?: () => void): Promise<Ending> {
  return new Promise((resolve) => {
    let isAsked = false
    const ask = (signal: Ending) => {
      if (isAsked) process.exit(exitCodes[signal])
      isAsked = true
      resolve(signal)
    }
    process.on('SIGINT', ask).on('SIGTERM', ask)
    process.on('SIGHUP', onHangup ?? ask)
  })
}

/** As a shell reports a program that a signal ended. */
const exitCodes: Readonly<Record<Ending, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }
