import type { LlmProgram } from '../contract/llm.ts'

type Template = Pick<
  LlmProgram,
  | 'command'
  | 'promptVia'
  | 'streamArgs'
  | 'jsonArgs'
  | 'modelArgs'
  | 'resumeArgs'
  | 'schemaArgs'
  | 'permissions'
  | 'tools'
>

/** What may stand in which list. */
const lists: Readonly<Record<string, readonly string[]>> = {
  '{stream_args}': [],
  '{json_args}': [],
  '{model_args}': ['{model}'],
  '{resume_args}': ['{session}'],
  '{schema_args}': ['{schema}', '{schema_file}'],
  '{permission_args}': [],
  '{tools_args}': [],
}

/** What is wrong with the arguments of a program, as the ends of sentences. */
export function problemsOf(program: Template): readonly string[] {
  const { command, promptVia } = program
  const prompts = command.filter((part) => part === '{prompt}').length
  return [
    ...(command[0]?.startsWith('{') || command[0] === ''
      ? ['command begins with a placeholder: begin it with the program']
      : []),
    ...(promptVia === 'argv' && prompts !== 1
      ? ['promptVia is "argv": put "{prompt}" into command, once']
      : []),
    ...(promptVia === 'stdin' && prompts > 0
      ? [
          'command holds "{prompt}", but the prompt goes to its input: take it out, or set promptVia to "argv"',
        ]
      : []),
    ...(program.tools?.args.some((arg) => arg.includes('{tools_key}'))
      ? [
          'tools.args holds "{tools_key}", which everybody on this machine could read: put it into env or file',
        ]
      : []),
    ...Object.entries(lists).flatMap(([place, allowed]) => problemsOfList(program, place, allowed)),
  ]
}

function problemsOfList(
  program: Template,
  place: string,
  allowed: readonly string[],
): readonly string[] {
  const { key, args } = argumentsOf(program, place)
  const needed = allowed.length > 0 && args.length > 0
  return [
    ...(args.length > 0 && !program.command.includes(place)
      ? [`${key} has no place: put "${place}" into command where they belong`]
      : []),
    ...(needed && !args.some((arg) => allowed.includes(arg))
      ? [`${key} needs ${allowed.map((one) => `"${one}"`).join(' or ')} as an element of its own`]
      : []),
  ]
}

function argumentsOf(program: Template, place: string): { key: string; args: readonly string[] } {
  switch (place) {
    case '{stream_args}':
      return { key: 'streamArgs', args: program.streamArgs }
    case '{json_args}':
      return { key: 'jsonArgs', args: program.jsonArgs }
    case '{model_args}':
      return { key: 'modelArgs', args: program.modelArgs }
    case '{resume_args}':
      return { key: 'resumeArgs', args: program.resumeArgs }
    case '{schema_args}':
      return { key: 'schemaArgs', args: program.schemaArgs }
    case '{tools_args}':
      return { key: 'tools.args', args: program.tools?.args ?? [] }
    default: {
      const { safe, edit } = program.permissions
      return { key: 'permissions', args: [...safe.args, ...edit.args] }
    }
  }
}
