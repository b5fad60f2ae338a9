export type Environment = Readonly<Record<string, string>>

/** What programs need to find files, speak the user's language and tell the time; nothing of ours. */
const inherited: Readonly<Record<'posix' | 'windows', readonly string[]>> = {
  posix: [
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'TERM',
    'LANG',
    'LC_ALL',
    'LC_CTYPE',
    'TZ',
    'TMPDIR',
  ],
  windows: [
    'PATH',
    'PATHEXT',
    'SYSTEMROOT',
    'SYSTEMDRIVE',
    'COMSPEC',
    'TEMP',
    'TMP',
    'USERNAME',
    'USERPROFILE',
    'HOMEDRIVE',
    'HOMEPATH',
    'APPDATA',
    'LOCALAPPDATA',
    'PROGRAMDATA',
    'PROGRAMFILES',
    'PROCESSOR_ARCHITECTURE',
  ],
}

/** The environment of a child, built from nothing: a few harmless names of `base`, then what was declared. */
export function childEnvironment(
  declared: Environment,
  base: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): Environment {
  const isWindows = platform === 'win32'
  const keyOf = (name: string) => (isWindows ? name.toUpperCase() : name)
  const wanted = new Set(isWindows ? inherited.windows : inherited.posix)
  const taken = new Set(Object.keys(declared).map(keyOf))

  const kept = Object.entries(base).filter(
    (entry): entry is [string, string] =>
      wanted.has(keyOf(entry[0])) && !taken.has(keyOf(entry[0])) && isPlainValue(entry[1]),
  )
  return { ...Object.fromEntries(kept), ...declared }
}

/** Shells export functions as values that begin like this, and some shells run them on start. */
function isPlainValue(value: string | undefined): boolean {
  return value !== undefined && !value.startsWith('()')
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/
/** What a shell sets by itself, and what our gate does. */
const ownedByShell = new Set([
  '_',
  'GANTRY_GATE',
  'IFS',
  'LINENO',
  'OLDPWD',
  'OPTIND',
  'PPID',
  'PWD',
  'SHLVL',
])

/** Whether a POSIX shell hands this environment on as it is. */
export function isPlainForShell(env: Environment): boolean {
  return Object.keys(env).every((name) => identifier.test(name) && !ownedByShell.has(name))
}
