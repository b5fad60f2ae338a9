/** Variables with which a loader, an interpreter or a tool is made to run something else than was asked for. */
const names = new Set([
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'PYTHONPATH',
  'PYTHONSTARTUP',
  'PYTHONHOME',
  'PYTHONINSPECT',
  'PERL5OPT',
  'PERL5LIB',
  'PERL5DB',
  'RUBYOPT',
  'RUBYLIB',
  'BASH_ENV',
  'ENV',
  'IFS',
  'SHELLOPTS',
  'PROMPT_COMMAND',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
  'DOTNET_STARTUP_HOOKS',
  'GCONV_PATH',
  'LUA_INIT',
  'SSLKEYLOGFILE',
])
const beginnings = /^(?:LD_|DYLD_|GIT_|NPM_CONFIG_|BASH_FUNC_|GANTRY_)/

/** Whether a variable changes what a program is, rather than what it is told. */
export function isSteering(name: string, value: unknown): boolean {
  const upper = name.toUpperCase()
  // A shell takes a value that begins like this for a function.
  return names.has(upper) || beginnings.test(upper) || String(value).startsWith('()')
}
