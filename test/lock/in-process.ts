import { printFailure } from '../../src/apps/cli/print/failure.ts'
import { readCommandLine } from '../../src/apps/cli/program.ts'
import type { Output } from '../../src/apps/cli/shell.ts'
import type { Ran } from '../cli/run-gantry.ts'

/** Runs a command as the program does, in this process: starting one takes longer than all it does. */
export async function runHere(args: readonly string[], folder: string): Promise<Ran> {
  const printed = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr'): Output => ({
    isTerminal: false,
    columns: 80,
    write: (text) => void (printed[name] += text),
  })
  const { signal } = new AbortController()
  const shell = {
    argv: args,
    env: {},
    cwd: folder,
    home: folder,
    execPath: process.execPath,
    version: '0.0.0',
    stdout: output('stdout'),
    stderr: output('stderr'),
    interrupted: () => signal,
    outliveReaders: () => undefined,
    readStdin: async () => '',
  }
  try {
    const invocation = await readCommandLine(shell)
    const code = await invocation?.run({ shell, options: { ...invocation.options, color: false } })
    return { code: code ?? 0, ...printed }
  } catch (cause) {
    const { text, exit } = printFailure(cause, { color: false, debug: false })
    return { code: exit, stdout: printed.stdout, stderr: printed.stderr + text }
  }
}
