import { z } from 'zod'

import { ProcessLimits } from './schema-server.ts'
import {
  milliseconds,
  notAnObject,
  plainText,
  textList,
  trueOrFalse,
  wholeNumber,
} from './values.ts'

const programName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const variableName = /^[^=\0]+$/
const path = () =>
  plainText().min(1, {
    error: 'write where the value is, as "part.text" is in {"part":{"text":…}}',
  })

const programArgs = () =>
  z
    .array(
      plainText().refine((text) => !text.includes('\0'), {
        error: 'remove the NUL character; no program can be given one',
      }),
      { error: 'write a list of strings in square brackets' },
    )
    .readonly()

const environment = () =>
  z
    .record(
      z.string().regex(variableName, { error: 'a variable name has no "=" and is not empty' }),
      plainText(),
      { error: 'write an object of strings' },
    )
    .readonly()

const failureClass = () =>
  z.enum(['rate_limit', 'usage_limit', 'overloaded', 'auth', 'invalid', 'cancelled', 'failed'], {
    error: 'write "rate_limit", "usage_limit", "overloaded", "auth", "invalid" or "failed"',
  })

/** Which lines of a program's JSON output mean what. */
export const EventRule = z.strictObject(
  {
    when: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]), {
        error: 'write an object of values by where they are',
      })
      .readonly()
      .default({})
      .describe('What a line must hold for this rule: values by where they are.'),
    session: path().exactOptional().describe('Where the id of the session is.'),
    delta: path().exactOptional().describe('Where a piece of the answer is.'),
    final: path().exactOptional().describe('Where the whole answer is.'),
    tool: path().exactOptional().describe('Where the name of a tool it uses is.'),
    inputTokens: path().exactOptional().describe('Where the count of tokens read is.'),
    outputTokens: path().exactOptional().describe('Where the count of tokens written is.'),
    costUsd: path().exactOptional().describe('Where the cost in dollars is.'),
    error: path().exactOptional().describe('Where the message of a failure is.'),
    status: path().exactOptional().describe('Where the HTTP status of a failure is.'),
    retryAfterSeconds: path()
      .exactOptional()
      .describe('Where it says in how many seconds to come back.'),
  },
  notAnObject,
)

const Permission = z.strictObject(
  {
    args: programArgs().default([]).describe('Arguments at `{permission_args}`.'),
    env: environment().default({}).describe('Variables that are set with them.'),
  },
  notAnObject,
)

/** A program that answers prompts, described so far as it differs from the one it is like. */
export const LlmProgramEntry = z.strictObject(
  {
    like: plainText()
      .exactOptional()
      .describe(
        'The built-in program that says what is not said here; left out, the one of the same name.',
      ),
    enabled: trueOrFalse().exactOptional().describe('Whether it may be run.'),
    command: programArgs()
      .exactOptional()
      .describe(
        'The program and its arguments. An element that is `{stream_args}`, `{json_args}`, `{model_args}`, `{resume_args}`, `{schema_args}` or `{permission_args}` is replaced by those arguments, `{model}` and `{prompt}` by one; nothing inside an element is.',
      ),
    promptVia: z
      .enum(['stdin', 'argv'], { error: 'write "stdin" or "argv"' })
      .exactOptional()
      .describe(
        '"stdin": the prompt is written to its input. "argv": it takes the place of `{prompt}`, which everybody on this machine can read; best after `--`, for else a prompt that begins with "-" is refused.',
      ),
    model: plainText()
      .exactOptional()
      .describe('The model it uses when a call names none; left out, its own choice.'),
    streamArgs: programArgs()
      .exactOptional()
      .describe('Given in every run: what makes it print its answer as it comes.'),
    jsonArgs: programArgs()
      .exactOptional()
      .describe('Given when a call asks for JSON: what makes it answer in JSON.'),
    modelArgs: programArgs()
      .exactOptional()
      .describe('Given when a model is chosen, with `{model}` in them.'),
    resumeArgs: programArgs()
      .exactOptional()
      .describe('Given when a session goes on, with `{session}` in them.'),
    schemaArgs: programArgs()
      .exactOptional()
      .describe(
        'Given when the answer must fit a JSON Schema, with `{schema}` or `{schema_file}` in them.',
      ),
    permissions: z
      .strictObject(
        {
          safe: Permission.exactOptional().describe('It may change nothing.'),
          edit: Permission.exactOptional().describe('It may change files of its folder.'),
        },
        notAnObject,
      )
      .exactOptional()
      .describe('What tells it what it may do: `safe` unless a call asks for `edit`.'),
    events: z
      .union(
        [
          z.enum(['text', 'claude', 'codex', 'gemini', 'opencode', 'copilot']),
          z.strictObject({ jsonl: z.array(EventRule).readonly() }),
        ],
        {
          error:
            'write "text", "claude", "codex", "gemini", "opencode", "copilot" or {"jsonl": [rules]}',
        },
      )
      .exactOptional()
      .describe(
        'How its output is read: as the answer itself, as the events of a program that is known, or as lines of JSON by rules of your own.',
      ),
    env: environment().exactOptional().describe('Variables that are set for it.'),
    passEnv: textList()
      .exactOptional()
      .describe('Variables of our own environment that it gets when they are set.'),
    removeEnv: textList()
      .exactOptional()
      .describe('Variables that it must not get, wherever they come from.'),
    ownFolderEnv: environment()
      .exactOptional()
      .describe('Variables that are set only when it works in a fresh folder of its own.'),
    cwd: plainText()
      .min(1, { error: 'write a folder' })
      .exactOptional()
      .describe(
        'The folder it works in; a relative one counts from the folder of this file. Left out, each run gets an empty folder that is removed afterwards.',
      ),
    category: z
      .enum(['quick', 'normal', 'long', 'extended'], {
        error: 'write "quick", "normal", "long" or "extended"',
      })
      .exactOptional()
      .describe(
        'How long a run may take when the call does not say: 60, 300, 600 or 1800 seconds. Left out: "normal".',
      ),
    idleTimeoutMs: milliseconds(1)
      .exactOptional()
      .describe('How long it may print nothing at all. Left out: 300000.'),
    maxRetries: wholeNumber(0, 20, 'attempts')
      .exactOptional()
      .describe(
        'How often it is run again when it was refused before it began to work. Left out: 3.',
      ),
    retryDelayMs: milliseconds()
      .exactOptional()
      .describe(
        'The wait before the first of these; twice as long before each further one. Left out: 2000.',
      ),
    maxConcurrent: wholeNumber(1, 1000, 'runs')
      .exactOptional()
      .describe('How many runs of it go on at once; the rest waits. Left out: 4.'),
    maxQueued: wholeNumber(0, 100_000, 'runs')
      .exactOptional()
      .describe('How many may wait; further ones are refused. Left out: 100.'),
    outputBytes: wholeNumber(1024, 1_073_741_824, 'bytes')
      .exactOptional()
      .describe(
        'How much it may print in one run; it is ended when it prints more. Left out: 16777216.',
      ),
    limits: ProcessLimits.exactOptional().describe(
      'What one run and everything it starts may use, where the system can hold them to it; the keys are those of `servers.NAME.limits`.',
    ),
    exitCodes: z
      .record(z.string().regex(/^\d{1,3}$/, { error: 'write an exit code' }), failureClass(), {
        error: 'write an object of failures by exit code',
      })
      .readonly()
      .exactOptional()
      .describe('What its exit codes mean.'),
    rateLimit: textList()
      .exactOptional()
      .describe(
        'Parts of error messages that tell of a rate limit. They are looked for in what it reports as an error and in its error output, never in an answer.',
      ),
    auth: textList()
      .exactOptional()
      .describe('Parts of error messages that tell that it is not signed in.'),
    versionArgs: programArgs()
      .exactOptional()
      .describe('The arguments with which it prints its version and does nothing else.'),
    authCheck: z
      .strictObject(
        {
          args: programArgs(),
          signedIn: z.array(z.int()).readonly().default([0]),
          signedOut: z.array(z.int()).readonly().default([]),
        },
        notAnObject,
      )
      .exactOptional()
      .describe(
        'The arguments with which it says, without asking a model, whether it is signed in, and the exit codes for it; another code tells nothing.',
      ),
  },
  notAnObject,
)

/** LLM programs as tools. */
export const Llm = z.strictObject(
  {
    permission: z
      .enum(['safe', 'edit'], { error: 'write "safe" or "edit"' })
      .default('safe')
      .describe('The most a call may let a program do: nothing but answer, or change files too.'),
    maxTimeoutMs: milliseconds(1000)
      .default(1_800_000)
      .describe('The longest a run may take, whatever the call asks for.'),
    keepRuns: wholeNumber(0, 100_000, 'runs')
      .default(200)
      .describe('How many finished runs are kept to be read later.'),
    keepBytes: wholeNumber(0, 1_099_511_627_776, 'bytes')
      .default(67_108_864)
      .describe('How much room they may take, together with what the programs printed.'),
    programs: z
      .record(
        z.string().regex(programName, {
          error: 'use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
        }),
        LlmProgramEntry,
        { error: 'write an object of programs by name' },
      )
      .readonly()
      .default({})
      .describe('LLM programs by name: changes to built-in ones, and your own.'),
  },
  notAnObject,
)
