/** All that the command line knows of the process it runs in; only `main.ts` makes one. */
export interface Shell {
  /** What follows the program's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string
  readonly execPath: string
  readonly version: string
  readonly stdout: Output
  readonly stderr: Output
  /** From the first call on, an interrupt aborts this signal and does not end the process. */
  readonly interrupted: () => AbortSignal
  /** From the first call on, an output that nobody reads any more does not end the process. */
  readonly outliveReaders: () => void
  readonly readStdin: () => Promise<string>
  /** Asks the person at the terminal; undefined where there is none, or when they leave. */
  readonly askLine?: ((question: string) => Promise<string | undefined>) | undefined
}

export interface Output {
  readonly isTerminal: boolean
  readonly columns: number
  readonly write: (text: string) => void
}

/** What may be given with every command. */
export interface GlobalOptions {
  readonly config?: string
  readonly url?: string
  readonly key?: string
  readonly json?: boolean
  readonly color: boolean
}

/** What a command is run with. */
export interface Context {
  readonly shell: Shell
  readonly options: GlobalOptions
}

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  interrupted: 130,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
