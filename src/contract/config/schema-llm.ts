import { z } from 'zod'

import { EventRule } from './schema-llm-events.ts'
import { ProcessLimits } from './schema-server.ts'
import {
  httpUrl,
  milliseconds,
  notAnObject,
  plainText,
  textList,
  trueOrFalse,
  wholeNumber,
} from './values.ts'

const programName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/
const variableName = /^[^=\0]+$/
/** Below the folder it counts from, wherever that is. */
const insidePath = /^(?!\.{0,2}\/)(?!.*\/\.{0,2}(?:\/|$))(?!\.{1,2}$)[^\\\0]{1,200}$/
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

const Permission = z.strictObject(
  {
    args: programArgs().default([]).describe('Arguments at `{permission_args}`.'),
    env: environment().default({}).describe('Variables that are set with them.'),
  },
  notAnObject,
)

const Tools = z.strictObject(
  {
    args: programArgs()
      .default([])
      .describe(
        'Arguments at `{tools_args}`. The key may not be among them: others can read them.',
      ),
    env: environment().default({}).describe('Variables that are set with them.'),
    file: plainText().exactOptional().describe('A file that is written, for this run only.'),
    fileAt: plainText()
      .regex(insidePath, { error: 'write a path inside of the folder, such as ".x/settings.json"' })
      .exactOptional()
      .describe(
        'Where in the folder that the program works in the file is to be; then it gets tools only in a fresh folder of its own.',
      ),
  },
  notAnObject,
)

const sandboxUse = () =>
  z.enum(['auto', 'required', 'off'], { error: 'write "auto", "required" or "off"' })

const ProgramSandbox = z.strictObject(
  {
    use: sandboxUse().exactOptional().describe('The same as `llm.sandbox`, for this program.'),
    read: textList()
      .exactOptional()
      .describe(
        'What it has to read of home folders and temporary ones: paths that begin with "/", "~/" or the name of a variable, as in "$CODEX_HOME".',
      ),
    write: textList()
      .exactOptional()
      .describe(
        'What it has to change besides its own folder, such as where it keeps its sessions. A path that ends with "/" is a folder that is made when it is not there.',
      ),
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
    kind: z
      .enum(['program', 'openai-api'], { error: 'write "program" or "openai-api"' })
      .exactOptional()
      .describe(
        '"openai-api": no program at all, but a model behind an API that speaks as that of OpenAI does. Left out: "program".',
      ),
    baseUrl: httpUrl()
      .exactOptional()
      .describe('Where the API is, as `https://api.openai.com/v1`; for "openai-api" only.'),
    apiKey: plainText()
      .min(1, { error: 'write a key as "${env:NAME}"' })
      .exactOptional()
      .describe('The key of the API; left out, it needs none.'),
    command: programArgs()
      .exactOptional()
      .describe(
        'The program and its arguments. An element that is `{stream_args}`, `{json_args}`, `{model_args}`, `{resume_args}`, `{schema_args}`, `{permission_args}` or `{tools_args}` is replaced by those arguments, `{model}` and `{prompt}` by one; nothing inside an element is.',
      ),
    promptVia: z
      .enum(['stdin', 'argv'], { error: 'write "stdin" or "argv"' })
      .exactOptional()
      .describe(
        '"stdin": the prompt is written to its input. "argv": it takes the place of `{prompt}`, which everybody on this machine can read; best after `--`, for else a prompt that begins with "-" is refused.',
      ),
    ownCommands: textList()
      .exactOptional()
      .describe(
        'How prompts begin that it takes for commands to itself, such as "/". They are refused.',
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
    tools: Tools.exactOptional().describe(
      'What tells it where the tools of this gateway are, when a call gives it some: `{tools_url}` is their address, `{tools_key}` the key of the run, `{tools_file}` the file.',
    ),
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
    sandbox: ProgramSandbox.exactOptional().describe(
      'What it finds in its sandbox besides itself, the folder of its run and what everybody may read; home folders and temporary ones are empty else.',
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
    enabled: trueOrFalse()
      .default(true)
      .describe(
        'Whether the gateway offers them as its server `llm`. Without `llm` in this file it does not.',
      ),
    tools: trueOrFalse()
      .default(false)
      .describe(
        'Whether a call may give a program tools of this gateway: at most those that its caller may call, with a key for that run.',
      ),
    permission: z
      .enum(['safe', 'edit'], { error: 'write "safe" or "edit"' })
      .default('safe')
      .describe('The most a call may let a program do: nothing but answer, or change files too.'),
    sandbox: sandboxUse()
      .default('auto')
      .describe(
        'Whether programs are held by `bwrap`, where they find little and change nothing but their folder: where it works, always or not at all, or never.',
      ),
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
