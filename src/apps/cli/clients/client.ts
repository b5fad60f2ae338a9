/** How a client's file is written. */
export type Format = 'json' | 'toml' | 'yaml'

export type Scope = 'user' | 'project'

/** A file of a client; `{home}` and the like stand for folders of the machine. */
export interface Place {
  readonly scope: Scope
  readonly path: string
  /** Where it is on Windows, if elsewhere. */
  readonly win32?: string
}

/**
 * Forms of a variable beyond `${VAR}`, `${VAR:-default}` and `${env:VAR}`, which are read from any file:
 * `$VAR`, `{env:VAR}` and `{file:PATH}`, `${file:PATH}`.
 */
export type VariableForm = 'bare' | 'braces' | 'file'

type Values = Readonly<Record<string, unknown>>

/** The keys of an entry with a URL, in the order in which they are written. */
export interface HttpShape {
  readonly before: Values
  readonly url: string
  readonly after: Values
}

/** The keys of an entry with a command. */
export interface StdioShape {
  readonly before: Values
  readonly command: string
  /** Nothing where command and arguments are one list. */
  readonly args: string | undefined
  readonly env: string
  readonly after: Values
}

/** How an entry refers to the variable NAME that holds the key. */
export type KeyForm =
  | {
      readonly kind: 'text'
      readonly variable: string
      /** A list in which the variables must be named, too. */
      readonly declares?: string
    }
  | {
      readonly kind: 'name'
      /** Takes the name, beside a URL. */
      readonly http: string
      /** Takes a list of names, beside a command. */
      readonly stdio: string
    }

/** A program that uses MCP servers: where its files are and how they are written. */
export interface Client {
  readonly id: string
  readonly title: string
  readonly format: Format
  /** The key under which its servers are. */
  readonly servers: string
  readonly places: readonly Place[]
  readonly reads: readonly VariableForm[]
  /** The unit of the key `timeout`; "start" is the time to the first list of tools, in milliseconds. */
  readonly timeout: 'ms' | 's' | 'start' | 'unknown'
  readonly http: HttpShape | undefined
  readonly stdio: StdioShape
  /** Nothing where an entry cannot refer to a variable. */
  readonly key: KeyForm | undefined
  /** Whether the program puts values in the place of variables when it saves the file itself. */
  readonly unfolds?: true
  /** Whether an entry says its own name again. */
  readonly named?: true
  /** Which command line of its own adds a server. */
  readonly program?: 'claude' | 'codex' | 'gemini' | 'qwen' | 'copilot' | 'code'
  readonly link?: 'cursor' | 'vscode' | 'lmstudio'
  /** What is to be done in the client after the file has changed. */
  readonly after: string
}
