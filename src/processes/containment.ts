/** How the tree of a child is made to die with us, also when we are killed. */
export type Containment =
  /** A process namespace of its own, torn down by the kernel; `unshare` is what opens one. */
  | { readonly kind: 'namespace'; readonly unshare: Words }
  /** A small watcher that kills the process groups we leave behind. */
  | { readonly kind: 'guardian' }

export type Words = readonly [string, ...string[]]

const unshare = ['/usr/bin/unshare', '--fork', '--pid', '--kill-child=KILL'] as const

export const namespace: Containment = { kind: 'namespace', unshare: [...unshare, '--'] }
export const userNamespace: Containment = {
  kind: 'namespace',
  unshare: [...unshare, '--user', '--map-current-user', '--'],
}
export const guardian: Containment = { kind: 'guardian' }

/** The words that start `program` as the first of a namespace, which dies with the process that starts them. */
export function namespacedWords(opened: Words, program: Words): Words {
  return ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', ...opened, ...program]
}

/** What is asked of the shell in front of a program: commands before the program may begin, and how it begins. */
export interface GateScript {
  readonly before: readonly string[]
  readonly start: string
}

const plainStart: GateScript = { before: [], start: 'exec "$@"' }

/** The last line that the gate says before it waits; the ones before name what it could not do. */
export const gateReady = 'ready\n'

/**
 * The program starts once it is held: it says on descriptor 3 that it got this far, and goes on when told to. A process
 * that is killed in between never tells, and one that was killed earlier was not there to ask the kernel to hold it.
 */
export function gatedWords(program: Words, { before, start }: GateScript = plainStart): Words {
  const wait = 'echo ready >&3; read -r GANTRY_GATE <&3 || exit 1; exec 3>&-'
  const script = [...before, wait, 'unset PWD OLDPWD SHLVL', start].join('\n')
  return ['/bin/sh', '-c', script, 'sh', ...program]
}
