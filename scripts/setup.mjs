// Sets up a clone: installs what package-lock.json asks for and builds dist/. Runs on whatever Node the
// machine has (20 or later) before anything is installed: plain JavaScript, no dependencies.
//   node scripts/setup.mjs             does what is missing, nothing when nothing is
//   node scripts/setup.mjs FOLDER…     installs the packages of these folders too (bench)
//   node scripts/setup.mjs --build     builds in any case, with all types checked (for publishing)
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = path.resolve(fileURLToPath(import.meta.url), '../..')
const at = (...parts) => path.join(root, ...parts)
const cache = at('.cache')
const lockFile = path.join(cache, 'setup.lock')
const pinnedNode = at('node_modules', 'node', 'bin', 'node')
const sources = ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
const lockWaitMs = 600_000
const beatMs = 2000
/** An owner whose number tells nothing here is thought to be gone when it gave no sign for so long. */
const silentMs = 30_000
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP']

async function main(options) {
  const isRelease = options.includes('--build')
  const folders = ['.', ...options.filter((option) => !option.startsWith('-'))].map((name) =>
    at(name),
  )
  fs.mkdirSync(cache, { recursive: true })
  const unlock = await lock()
  try {
    for (const folder of folders) if (!isInstalled(folder)) await install(folder)
    if (isRelease || !isBuilt()) await build(isRelease)
    return 0
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(`${error.message}\n→ ${error.remedy}`)
    return 1
  } finally {
    unlock()
  }
}

/** Compares what npm says it put there with what the lock asks for; packages for other systems may be absent. */
function isInstalled(folder) {
  const present = readJson(path.join(folder, 'node_modules', '.package-lock.json'))?.packages
  if (!present) return false
  const wanted = Object.entries(readJson(path.join(folder, 'package-lock.json')).packages)
  return wanted.every(([name, { version, optional }]) => {
    const found = present[name]
    return name === '' || (found ? found.version === version : optional === true)
  })
}

async function install(folder) {
  const where = path.relative(root, folder) || 'gantry'
  say(`installing the packages of ${where} (only when its package-lock.json changed)`)
  // A stray NODE_ENV=production or an outer npm's prefix must not decide what is installed here.
  const args = [
    'ci',
    '--prefix',
    folder,
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  // Only the pinned Node needs an install script; other people's programs get to run none.
  if (folder !== root) args.push('--ignore-scripts')
  const remedy = `Run \`npm ci\` in ${folder} and read what it says`
  await run('npm', args, { folder, remedy })
}

/** The same question as in bin/gantry, asked again because another start may have built while we waited. */
function isBuilt() {
  const stamp = fs.statSync(at('dist', '.built'), { throwIfNoEntry: false })
  return stamp !== undefined && sources.every((source) => changedMs(at(source)) <= stamp.mtimeMs)
}

/** When anything in it last changed; a folder's own time counts, for files that were removed or renamed. */
function changedMs(file) {
  const entry = fs.statSync(file, { throwIfNoEntry: false })
  if (!entry) return Infinity
  if (!entry.isDirectory()) return entry.ctimeMs
  return fs
    .readdirSync(file)
    .reduce((newest, name) => Math.max(newest, changedMs(path.join(file, name))), entry.ctimeMs)
}

/** Builds beside dist/ and swaps; a start that falls into the swap finds no stamp and waits for the lock. */
async function build(isRelease) {
  const next = path.join(cache, 'dist.next')
  const old = path.join(cache, 'dist.old')
  for (const folder of [next, old]) fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(next)
  // Stamped before the compiler reads: what is edited meanwhile is newer than the stamp.
  fs.writeFileSync(path.join(next, '.built'), '')

  say('building')
  const compiler = at('node_modules', 'typescript', 'bin', 'tsc')
  const args = [compiler, '-p', at('tsconfig.build.json'), '--outDir', next]
  const remedy = 'Correct what the compiler printed above'
  await run(usableNode(), isRelease ? args : [...args, '--noCheck'], { folder: root, remedy })
  await bundle(next)

  if (fs.existsSync(at('dist'))) fs.renameSync(at('dist'), old)
  fs.renameSync(next, at('dist'))
  fs.rmSync(old, { recursive: true, force: true })
}

/**
 * Joins the modules of the program into a few files: finding two hundred of them took a quarter of every start.
 * The files stay where the entry lay, so that paths relative to it stay true.
 */
async function bundle(folder) {
  const entry = path.join(folder, 'apps', 'cli')
  const joined = path.join(folder, 'joined')
  const args = [
    at('node_modules', 'rolldown', 'bin', 'cli.mjs'),
    path.join(entry, 'main.js'),
    // A thread of its own begins with a file of its own, beside the one that starts it.
    path.join(folder, 'schemas', 'schema-worker.js'),
    '-d',
    joined,
  ]
  const options = ['--platform', 'node', '--format', 'esm', '--sourcemap', '--log-level', 'warn']
  const external = ['jsonc-parser', 'undici'].flatMap((name) => ['--external', name])
  const remedy = 'Correct what the bundler printed above'
  // It lists every file it writes, also when it is told to warn only.
  const quietly = { folder: root, remedy, isQuiet: true }
  await run(usableNode(), [...args, ...options, ...external], quietly)
  for (const name of fs.readdirSync(folder)) {
    if (!['.built', 'joined', 'apps'].includes(name))
      fs.rmSync(path.join(folder, name), { recursive: true })
  }
  // Programs of their own stay as they are; what the entry imported from the others is in the joined files.
  for (const name of fs.readdirSync(path.join(folder, 'apps'))) {
    if (name !== 'example-server') fs.rmSync(path.join(folder, 'apps', name), { recursive: true })
  }
  fs.renameSync(joined, entry)
}

function usableNode() {
  if (fs.existsSync(pinnedNode)) return pinnedNode
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  throw new SetupError(
    'the pinned Node was not installed (npm was told to run no install scripts)',
    'Run `npm rebuild node --ignore-scripts=false`, or use Node 24 or later',
  )
}

function run(command, args, { folder, remedy, isQuiet = false }) {
  return new Promise((resolve, reject) => {
    const fail = (message, whatToDo) => reject(new SetupError(message, whatToDo))
    const child = spawn(command, args, {
      cwd: folder,
      stdio: ['ignore', isQuiet ? 'ignore' : 2, 2],
    })
    // When we are killed it works on, and whoever comes next has to wait for it.
    if (child.pid !== undefined) fs.writeFileSync(lockFile, lockText(process.pid, child.pid))
    let isInterrupted = false
    const end = () => {
      isInterrupted = true
      child.kill('SIGTERM')
    }
    for (const signal of endings) process.once(signal, end)
    child.once('error', ({ message }) =>
      fail(`${command} did not start: ${message}`, 'Install Node 20 or later with npm'),
    )
    child.once('exit', (code, signal) => {
      for (const name of endings) process.off(name, end)
      if (isInterrupted)
        fail('the set-up was interrupted', 'Start again: it goes on where it stopped')
      else if (code === 0) resolve()
      else fail(`${path.basename(command)} ${args[0]} ended with ${signal ?? code}`, remedy)
    })
  })
}

/** One set-up at a time in a clone; a lock whose owner is dead is taken over. */
async function lock() {
  const giveUpAt = Date.now() + lockWaitMs
  for (let isFirst = true; ; isFirst = false) {
    try {
      fs.writeFileSync(lockFile, lockText(process.pid), { flag: 'wx' })
      const beat = setInterval(showSign, beatMs)
      return () => {
        clearInterval(beat)
        fs.rmSync(lockFile, { force: true })
      }
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = readText(lockFile)
    const pid = owner?.split(' ', 1)[0]
    if (owner !== undefined && !isAlive(owner)) takeAway(owner)
    else if (Date.now() > giveUpAt) {
      say(`process ${pid} has been setting up for too long\n→ End it, or remove ${lockFile}`)
      process.exit(1)
    } else {
      if (isFirst && owner) say(`waiting for another start to finish the set-up (process ${pid})`)
      await sleep(100)
    }
  }
}

/** Two waiters may both see a dead owner: the file is moved first and put back if it was a new owner's. */
function takeAway(owner) {
  const aside = `${lockFile}.${process.pid}`
  try {
    fs.renameSync(lockFile, aside)
    if (readText(aside) !== owner) fs.linkSync(aside, lockFile)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
  fs.rmSync(aside, { force: true })
}

function lockText(...pids) {
  return [...pids, numberSpace()].join(' ')
}

/** In containers the same numbers are other processes. */
function numberSpace() {
  try {
    return fs.readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function showSign() {
  try {
    fs.utimesSync(lockFile, new Date(), new Date())
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}

/** The owner, or what it started. */
function isAlive(owner) {
  // Empty for the moment between its creation and its first write.
  if (owner === '') return true
  const words = owner.split(' ')
  const space = words.find((word) => word.startsWith('pid:'))
  if (space !== undefined && space !== numberSpace())
    return Date.now() - (fs.statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? 0) < silentMs
  return words.some((word) => /^\d+$/.test(word) && isRunning(Number(word)))
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
}

function readJson(file) {
  const text = readText(file)
  return text === undefined ? undefined : JSON.parse(text)
}

function say(text) {
  process.stderr.write(`gantry: ${text}\n`)
}

class SetupError extends Error {
  constructor(message, remedy) {
    super(message)
    this.remedy = remedy
  }
}

process.exitCode = await main(process.argv.slice(2))
