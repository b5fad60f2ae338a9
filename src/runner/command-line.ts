import type { LlmProgram, Permission } from '../contract/llm.ts'

/** What is filled into the template of a program for one run. */
export interface Filling {
  readonly prompt: string
  readonly isJson: boolean
  readonly permission: Permission
  readonly model?: string | undefined
  readonly session?: string | undefined
  /** The JSON Schema as text, and the file that holds it. */
  readonly schema?: { readonly text: string; readonly file: string } | undefined
  /** What tells it where its tools are. */
  readonly toolArgs?: readonly string[] | undefined
}

/**
 * The arguments of one run. Only whole elements of the template are replaced, each by whole elements, and what comes
 * in is never looked into again: a prompt cannot become an argument of its own.
 */
export function commandLine(program: LlmProgram, filling: Filling): readonly string[] {
  const { model = program.model, session, schema } = filling
  const words: Readonly<Record<string, readonly string[]>> = {
    '{model}': model === undefined ? [] : [model],
    '{session}': session === undefined ? [] : [session],
    '{schema}': schema === undefined ? [] : [schema.text],
    '{schema_file}': schema === undefined ? [] : [schema.file],
    '{prompt}': program.promptVia === 'argv' ? [filling.prompt] : [],
  }
  const fill = (args: readonly string[]) =>
    args.flatMap((arg) => (Object.hasOwn(words, arg) ? (words[arg] ?? []) : [arg]))
  const lists: Readonly<Record<string, readonly string[]>> = {
    '{stream_args}': program.streamArgs,
    '{json_args}': filling.isJson ? program.jsonArgs : [],
    '{model_args}': model === undefined ? [] : program.modelArgs,
    '{resume_args}': session === undefined ? [] : program.resumeArgs,
    '{schema_args}': schema === undefined ? [] : program.schemaArgs,
    '{permission_args}': program.permissions[filling.permission].args,
    '{tools_args}': filling.toolArgs ?? [],
  }
  return program.command.flatMap((part) =>
    Object.hasOwn(lists, part) ? fill(lists[part] ?? []) : fill([part]),
  )
}
