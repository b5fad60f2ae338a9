export type SpawnFailure =
  | 'not_found'
  | 'not_executable'
  | 'not_a_file'
  | 'interpreter_missing'
  | 'folder_missing'
  | 'invalid'
  | 'refused'
  | 'stopping'

/** Why a program could not be started; nothing is left running when this is thrown. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError'
  readonly reason: SpawnFailure
  readonly command: string
  readonly remedy: string

  constructor(
    reason: SpawnFailure,
    details: { readonly command: string; readonly message: string; readonly remedy: string },
    options?: ErrorOptions,
  ) {
    super(details.message, options)
    this.reason = reason
    this.command = details.command
    this.remedy = details.remedy
  }
}
