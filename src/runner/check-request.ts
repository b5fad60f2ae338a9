import type { LlmProgram, Permission } from '../contract/llm.ts'

/** What a caller asks for. */
export interface RunRequest {
  readonly program: string
  readonly prompt: string
  readonly model?: string | undefined
  /** The session of the program that goes on. */
  readonly session?: string | undefined
  readonly timeoutMs?: number | undefined
  readonly isJson?: boolean | undefined
  /** A JSON Schema that the answer has to fit. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined
  /** Whether a model that does not answer as the schema says is asked once more. */
  readonly repair?: boolean | undefined
  readonly permission?: Permission | undefined
  /** Whether it is to get tools of a gateway. */
  readonly hasTools?: boolean | undefined
}

/** They become arguments: neither may look like a flag. */
const modelName = /^[A-Za-z0-9][\w.:/@+-]{0,127}$/
const sessionId = /^[A-Za-z0-9][\w.:-]{0,127}$/

/** Linux lets one argument have 128 KiB. */
const argumentBytes = 131_071
const promptBytes = 33_554_432
const schemaBytes = 65_536

/** Why a request cannot be run, if it cannot. */
export function problemOf(
  request: RunRequest,
  program: LlmProgram,
  allowed: Permission,
): string | undefined {
  const { model, session, schema, repair = false, permission = 'safe' } = request
  if (permission === 'edit' && allowed !== 'edit') {
    return 'Programs may not edit files here: the configuration has `llm.permission` "safe"'
  }
  if (model !== undefined && !modelName.test(model)) return `${shown(model)} is no name of a model`
  if (session !== undefined && !sessionId.test(session)) {
    return `${shown(session)} is no id of a session`
  }
  if (session !== undefined && program.resumeArgs.length === 0) {
    return `"${program.name}" cannot go on with a session`
  }
  if (request.hasTools === true && !program.tools) {
    return `"${program.name}" cannot be given tools: \`llm.programs.${program.name}.tools\` does not say how`
  }
  if (
    request.hasTools === true &&
    program.tools?.fileAt !== undefined &&
    program.cwd !== undefined
  ) {
    return `"${program.name}" gets tools in a folder of its own only, and \`llm.programs.${program.name}.cwd\` names another`
  }
  if (repair && schema === undefined) return '`repair` needs a `schema` that the answer has to fit'
  if (schema !== undefined && Buffer.byteLength(JSON.stringify(schema)) > schemaBytes) {
    return `The schema has more than ${schemaBytes} bytes`
  }
  return problemOfModel(request, program) ?? problemOfPrompt(request.prompt, program)
}

function problemOfModel({ model }: RunRequest, program: LlmProgram): string | undefined {
  const isInCommand = program.command.includes('{model}') || program.api !== undefined
  if (isInCommand && model === undefined && program.model === undefined) {
    return `"${program.name}" has no model of its own choice: name one`
  }
  if (model !== undefined && !isInCommand && program.modelArgs.length === 0) {
    return `"${program.name}" does not let its model be chosen`
  }
  return undefined
}

function problemOfPrompt(prompt: string, program: LlmProgram): string | undefined {
  const { name, promptVia, ownCommands } = program
  const lengthBytes = Buffer.byteLength(prompt)
  if (lengthBytes > promptBytes) return `The prompt has more than ${promptBytes} bytes`
  const start = ownCommands.find((one) => prompt.trimStart().startsWith(one))
  if (start !== undefined) {
    return `The prompt begins with "${start}", which "${name}" takes for a command to itself`
  }
  return promptVia === 'stdin' ? undefined : problemOfArgument(prompt, program)
}

function problemOfArgument(prompt: string, { name, command }: LlmProgram): string | undefined {
  if (prompt.includes('\0')) {
    return `The prompt holds a NUL character, and "${name}" takes prompts as an argument only`
  }
  const lengthBytes = Buffer.byteLength(prompt)
  if (lengthBytes > argumentBytes) {
    return `The prompt has ${lengthBytes} bytes; "${name}" takes it as an argument, which may have ${argumentBytes}`
  }
  const isProtected = command[command.indexOf('{prompt}') - 1] === '--'
  return prompt.startsWith('-') && !isProtected
    ? `The prompt begins with "-", which "${name}" would take for an option`
    : undefined
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
