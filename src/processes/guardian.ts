import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'

/** A process that outlives us just long enough to kill the process groups we did not end ourselves. */
export interface Guardian extends AsyncDisposable {
  /** Its process id, as long as it runs. */
  readonly pid: number | undefined
  watch(group: number): void
  forget(group: number): void
}

/** Reads `+GROUP` and `-GROUP` lines until the pipe ends, which is when we are gone. */
const script = `
trap '' HUP INT TERM QUIT PIPE USR1 USR2
groups=' '
while IFS= read -r line; do
  group=\${line#?}
  case $line in
    +*) groups="$groups$group " ;;
    -*) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`
const restartMs = 1000

export function createGuardian(): Guardian {
  const groups = new Set<number>()
  let watcher: ChildProcess | undefined
  let restart: NodeJS.Timeout | undefined
  let isStarted = false
  let isDisposed = false

  function tell(line: string): void {
    if (watcher?.stdin?.writable) watcher.stdin.write(`${line}\n`)
  }

  function start(): void {
    const started = startWatcher()
    const startedAt = performance.now()
    watcher = started
    const lost = () => {
      if (watcher !== started || isDisposed) return
      watcher = undefined
      // One that dies at once would be started for ever: not more often than once a second.
      const pauseMs = performance.now() - startedAt > restartMs ? 0 : restartMs
      restart = setTimeout(start, pauseMs).unref()
    }
    started.once('exit', lost).once('error', lost)
    for (const group of groups) tell(`+${group}`)
  }

  return {
    get pid() {
      return watcher?.pid
    },
    watch(group) {
      groups.add(group)
      if (isStarted) return tell(`+${group}`)
      isStarted = true
      start()
    },
    forget(group) {
      if (groups.delete(group)) tell(`-${group}`)
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
      clearTimeout(restart)
      if (!watcher || !isRunning(watcher)) return
      watcher.ref()
      const gone = once(watcher, 'exit')
      watcher.stdin?.end()
      await gone
    },
  }
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null
}

/** In a session of its own, so that neither a terminal nor a signal to our group reaches it. */
function startWatcher(): ChildProcess {
  const watcher = spawn('/bin/sh', ['-c', script, 'gantry-guardian'], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    cwd: '/',
  })
  watcher.unref()
  if (watcher.stdin instanceof Socket) watcher.stdin.unref()
  // A broken pipe says no more than the exit that follows it.
  watcher.stdin?.on('error', () => undefined)
  return watcher
}
