/** Where the gateway says what happens to it: one event is one line, whatever the facts contain. */
export interface Log {
  debug(event: string, facts?: Facts): void
  info(event: string, facts?: Facts): void
  warn(event: string, facts?: Facts): void
  error(event: string, facts?: Facts): void
}

/** What an event was about. Errors may stand among them; secrets are masked on the way out. */
export type Facts = Readonly<Record<string, unknown>>

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
