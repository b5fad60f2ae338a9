import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import type { Environment } from './environment.ts'
import { SpawnError } from './spawn-error.ts'

export interface CommandSearch {
  readonly command: string
  /** The environment of the child: its PATH is the one that counts. */
  readonly env: Environment
  readonly cwd?: string | undefined
}

type Found = 'program' | 'missing' | 'not_a_file' | 'not_executable'

const packagers: Readonly<Record<string, string>> = {
  node: 'Install Node.js from https://nodejs.org.',
  npm: 'Install Node.js from https://nodejs.org; npm comes with it.',
  npx: 'Install Node.js from https://nodejs.org; npx comes with it.',
  bunx: 'Install Bun from https://bun.sh.',
  uv: 'Install uv from https://docs.astral.sh/uv.',
  uvx: 'Install uv from https://docs.astral.sh/uv; uvx comes with it.',
  python: 'Install Python 3 from https://www.python.org.',
  python3: 'Install Python 3 from https://www.python.org.',
  docker: 'Install Docker from https://docs.docker.com/get-docker.',
}

/** Finds the file a command means, or says exactly why it cannot be run. */
export async function resolveCommand({ command, env, cwd }: CommandSearch): Promise<string> {
  if (command.trim() === '' || command.includes('\0')) throw unusable(command)
  if (process.platform === 'win32') return command
  await requireFolder(command, cwd)

  const path = isPath(command)
    ? await requireProgram(command, resolve(cwd ?? '.', command))
    : await searchPath(command, env['PATH'] ?? '')
  await requireInterpreter(command, path, env)
  return path
}

const isPath = (command: string) => command.includes('/')

async function searchPath(command: string, searched: string): Promise<string> {
  const names = command === 'python' ? ['python', 'python3'] : [command]
  let unusableFile: string | undefined
  for (const name of names) {
    for (const file of filesOf(name, searched)) {
      const found = await look(file)
      if (found === 'program') return file
      if (found === 'not_executable') unusableFile ??= file
    }
  }
  throw unusableFile ? notExecutable(command, unusableFile) : notFound(command, searched)
}

/** Relative entries of a PATH mean another program in every folder, so they do not count. */
function filesOf(name: string, searched: string): readonly string[] {
  return searched
    .split(':')
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
}

async function requireProgram(command: string, file: string): Promise<string> {
  switch (await look(file)) {
    case 'program':
      return file
    case 'not_executable':
      throw notExecutable(command, file)
    case 'not_a_file':
      throw new SpawnError('not_a_file', {
        command,
        message: `Command "${command}" is a folder or a device, not a program`,
        remedy: 'Name the program file itself in `command`.',
      })
    case 'missing':
      throw new SpawnError('not_found', {
        command,
        message: `Command "${command}" does not exist${file === command ? '' : ` (looked for ${file})`}`,
        remedy: 'Correct `command`; a relative path is taken from the folder the server starts in.',
      })
  }
}

async function look(file: string): Promise<Found> {
  const entry = await stat(file).catch(() => undefined)
  if (!entry) return 'missing'
  if (!entry.isFile()) return 'not_a_file'
  return access(file, constants.X_OK).then(
    () => 'program',
    () => 'not_executable',
  )
}

/** A script whose interpreter is missing fails with "not found" under the name of the script. */
async function requireInterpreter(command: string, file: string, env: Environment): Promise<void> {
  const [interpreter, ...rest] = await interpreterOf(file)
  if (!interpreter) return
  const missing =
    (await look(interpreter)) !== 'program'
      ? interpreter
      : await missingForEnv(interpreter, rest, env)
  if (!missing) return
  throw new SpawnError('interpreter_missing', {
    command,
    message: `Command "${command}" is a script for "${missing}", which was not found`,
    remedy: remedyFor(missing),
  })
}

async function missingForEnv(
  interpreter: string,
  rest: readonly string[],
  env: Environment,
): Promise<string | undefined> {
  const program = rest.find((word) => !word.startsWith('-') && !word.includes('='))
  if (!interpreter.endsWith('/env') || !program || isPath(program)) return undefined
  const found = await Promise.all(filesOf(program, env['PATH'] ?? '').map(look))
  return found.includes('program') ? undefined : program
}

async function interpreterOf(file: string): Promise<readonly string[]> {
  const handle = await open(file).catch(() => undefined)
  if (!handle) return []
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0)
    const line = buffer.toString('latin1', 0, bytesRead).split('\n', 1)[0] ?? ''
    return line.startsWith('#!') ? line.slice(2).trim().split(/\s+/) : []
  } finally {
    await handle.close()
  }
}

async function requireFolder(command: string, cwd: string | undefined): Promise<void> {
  if (cwd === undefined) return
  const entry = await stat(cwd).catch(() => undefined)
  if (entry?.isDirectory()) return
  throw new SpawnError('folder_missing', {
    command,
    message: `The folder "${cwd}" that "${command}" is to start in ${entry ? 'is not a folder' : 'does not exist'}`,
    remedy: 'Correct `cwd` or create the folder.',
  })
}

function unusable(command: string): SpawnError {
  return new SpawnError('invalid', {
    command,
    message: command.includes('\0')
      ? 'The command contains a NUL character'
      : 'The command is empty',
    remedy: 'Put the program in `command` and its arguments in `args`.',
  })
}

function notFound(command: string, searched: string): SpawnError {
  return new SpawnError('not_found', {
    command,
    message: `Command "${command}" was not found in PATH (${searched || 'which is empty'})`,
    remedy: remedyFor(command),
  })
}

function notExecutable(command: string, file: string): SpawnError {
  return new SpawnError('not_executable', {
    command,
    message: `Command "${command}" was found at ${file}, but that file may not be executed`,
    remedy: `Run \`chmod +x ${file}\`, or name the interpreter in \`command\` and the file in \`args\`.`,
  })
}

function remedyFor(command: string): string {
  if (/\s/.test(command))
    return 'Put only the program in `command`, and the rest in `args`, one by one.'
  return packagers[command] ?? 'Install it, or give its full path in `command`.'
}
