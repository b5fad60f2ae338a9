import { setTimeout as pause } from 'node:timers/promises'

import type { Permission } from '../contract/llm.ts'
import type { Environment } from '../processes/environment.ts'
import { runApiAttempt } from './api-attempt.ts'
import { runAttempt } from './attempt.ts'
import { commandLine } from './command-line.ts'
import { createEventReader } from './events/create-reader.ts'
import { programEnvironment } from './program-environment.ts'
import { retryDelay } from './retry.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunSpec, RunWorld } from './run.ts'
import type { Wrap } from './sandbox/sandbox.ts'
import { placeTools } from './tool-access.ts'
import type { ToolAccess } from './tool-access.ts'
import type { Attempt, Told, Verdict } from './verdict.ts'
import { judge } from './verdict.ts'

/** What a run has come to so far. */
export interface Progress {
  attempts: number
  told: Told
}

/** Where a run works, and until when. */
export interface TurnPlace {
  readonly folder: RunFolder
  readonly access: ToolAccess | undefined
  readonly until: number
}

/** Starts the program with one prompt until it answers or has failed for good. */
export async function takeTurn(
  spec: RunSpec,
  place: TurnPlace,
  world: RunWorld,
  progress: Progress,
): Promise<Verdict> {
  const { program } = spec
  const attemptWithin = await prepareAttempt(spec, place, world)
  const started = progress.attempts
  for (;;) {
    progress.attempts += 1
    const leftMs = Math.max(1, place.until - performance.now())
    const attempt = await attemptWithin(leftMs)
    progress.told = attempt.told
    const verdict = judge(attempt, program)
    if (verdict.isAnswered) return verdict
    const delayMs = retryDelay(verdict, program, {
      attempts: progress.attempts - started,
      leftMs: place.until - performance.now(),
      nowMs: world.now(),
      random: world.random(),
    })
    if (delayMs === undefined) return verdict
    spec.hear({ kind: 'retry', reason: verdict.message, delayMs })
    await pause(delayMs, undefined, { signal: spec.signal })
  }
}

type AttemptWithin = (leftMs: number) => Promise<Attempt>

async function prepareAttempt(
  spec: RunSpec,
  place: TurnPlace,
  world: RunWorld,
): Promise<AttemptWithin> {
  const { program, request } = spec
  const { api } = program
  if (api) {
    const { prompt, schema, model = program.model ?? '' } = request
    const asked = { ...spec, api, model, prompt, schema }
    return (leftMs) => runApiAttempt({ ...asked, leftMs }, world.askApi)
  }
  const prepared = await prepare(spec, place, world)
  return (leftMs) => start(spec, { ...prepared, leftMs }, world)
}

interface Prepared {
  readonly words: readonly string[]
  readonly env: Environment
  readonly cwd: string
  readonly wrap: Wrap | undefined
}

async function prepare(
  { program, request }: RunSpec,
  { folder, access }: TurnPlace,
  { env, sandbox }: RunWorld,
): Promise<Prepared> {
  const { prompt, model, session, schema, isJson = false } = request
  const permission: Permission = request.permission ?? 'safe'
  const text = schema && JSON.stringify(schema)
  const tools = access && (await placeTools(program, access, folder))
  const words = commandLine(program, {
    prompt,
    isJson,
    permission,
    model,
    session,
    schema: text === undefined ? text : { text, file: await folder.write('schema.json', text) },
    toolArgs: tools?.args,
  })
  const isOwnFolder = program.cwd === undefined
  const given = programEnvironment(program, { permission, tmp: folder.tmp, isOwnFolder }, env)
  const place = { env: { ...given, ...tools?.env }, cwd: program.cwd ?? folder.cwd }
  const wrap = await sandbox.wrapFor({
    program,
    ...place,
    mayWrite: isOwnFolder || permission === 'edit',
    folder: folder.path,
    writable: [folder.tmp],
  })
  return { words, ...place, wrap }
}

function start(
  { program, request, signal, hear, keep }: RunSpec,
  prepared: Prepared & { readonly leftMs: number },
  { processes, now }: RunWorld,
): Promise<Attempt> {
  const reader = createEventReader(program.events, now)
  const spec = { program, ...prepared, input: request.prompt, reader, signal, hear, keep }
  return runAttempt(spec, processes)
}
