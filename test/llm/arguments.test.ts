import { describe, expect, test } from 'vitest'

import { builtins } from '../../src/runner/programs/builtins.ts'
import { verifies } from '../requirements/verifies.ts'
import { openBed } from './bed.ts'

const template = ['-p', '{stream_args}', '{json_args}', '{model_args}', '--', '-']
const program = { command: template, streamArgs: ['--stream', 'a b'], jsonArgs: ['--json'] }

const prompts: Readonly<Record<string, string>> = {
  'looks like a flag with a value': '--mcp-config /tmp/evil.json',
  'looks like a short flag': '-p x',
  'asks for more rights': '--dangerously-skip-permissions',
  'ends the flags': '--',
  'is empty': '',
  'has quotes, lines and spaces': 'a  b\n"c"\n\t\'d\' $(touch x) `y` ; z',
  'names a placeholder': '{json_args}',
  'names the prompt': '{prompt} {model}',
  'has 200 KB': 'ä'.repeat(100_000),
  'has a megabyte': 'x'.repeat(1_048_576),
  'has a NUL': 'before\0after',
}

describe('a prompt that', () => {
  for (const [name, prompt] of Object.entries(prompts)) {
    verifies(
      'llm:argv:template',
      `${name} is the input, and the arguments are the template`,
      async () => {
        await using bed = await openBed({ program })

        await bed.runner.start({ program: 'fake', prompt }).done

        const [record] = bed.records()
        expect(record?.argv).toEqual(['-p', '--stream', 'a b', '--', '-'])
        expect(record?.input === prompt).toBe(true)
      },
    )
  }
})

verifies(
  'llm:argv:own-commands',
  'a program that takes some prompts for commands to itself does not get them',
  async () => {
    await using bed = await openBed({ program: { ownCommands: ['/', '!'] } })
    const asked = ['/update', ' \n/x', '!ls'].map((prompt) =>
      bed.runner.start({ program: 'fake', prompt }),
    )

    const results = await Promise.all(asked.map(({ done }) => done))
    await bed.runner.start({ program: 'fake', prompt: 'and/or' }).done

    expect(results.map((result) => result.error_class)).toEqual(asked.map(() => 'invalid'))
    expect(results[0]?.error).toContain('begins with "/"')
    expect(bed.records().map(({ input }) => input)).toEqual(['and/or'])
    expect(builtins['qwen']?.ownCommands).toEqual(['/'])
  },
)

describe('a program that takes prompts as arguments', () => {
  const argv = { command: ['-g', 'user', '{prompt}'], promptVia: 'argv' } as const
  const behindDashes = { command: ['--', '{prompt}'], promptVia: 'argv' } as const

  verifies('llm:argv:template', 'gets one whole argument and no input', async () => {
    await using bed = await openBed({ program: argv })
    const prompt = 'a  b\n"c" {json_args} {prompt} $HOME'

    await bed.runner.start({ program: 'fake', prompt }).done

    expect(bed.records()).toMatchObject([{ argv: ['-g', 'user', prompt], input: '' }])
  })

  verifies('llm:argv:template', 'gets any prompt behind "--"', async () => {
    await using bed = await openBed({ program: behindDashes })

    await bed.runner.start({ program: 'fake', prompt: '--version' }).done

    expect(bed.records()).toMatchObject([{ argv: ['--', '--version'] }])
  })

  verifies('llm:argv:template', 'is not started with what it would misread', async () => {
    await using bed = await openBed({ program: argv })
    const asked = ['--version', '-', 'a\0b', 'x'.repeat(200_000)].map((prompt) =>
      bed.runner.start({ program: 'fake', prompt }),
    )

    const results = await Promise.all(asked.map(({ done }) => done))

    expect(results.map((result) => result.error_class)).toEqual(asked.map(() => 'invalid'))
    expect(bed.records()).toEqual([])
  })
})

verifies(
  'llm:argv:template',
  'models and sessions that could be flags are refused, others are one argument each',
  async () => {
    await using bed = await openBed({
      program: {
        command: ['{model_args}', '{resume_args}', '{schema_args}', '-'],
        modelArgs: ['-m', '{model}'],
        resumeArgs: ['resume', '{session}'],
        schemaArgs: ['--schema', '{schema}'],
      },
    })
    const bad = ['--yolo', '-x', '', 'a b', 'a\nb', '../x', 'a'.repeat(200)]
    const refused = bad.flatMap((word) => [
      bed.runner.start({ program: 'fake', prompt: 'x', model: word }),
      bed.runner.start({ program: 'fake', prompt: 'x', session: word }),
    ])
    const schema = { type: 'object', description: '--x' }

    for (const { done } of refused) expect((await done).error_class).toBe('invalid')
    await bed.runner.start({
      program: 'fake',
      prompt: 'x',
      model: 'vendor/model-1.5:free',
      session: '0199-abc',
      schema,
    }).done

    const argv = ['-m', 'vendor/model-1.5:free', 'resume', '0199-abc']
    expect(bed.records().map((record) => record.argv)).toEqual([
      [...argv, '--schema', JSON.stringify(schema), '-'],
    ])
  },
)

verifies(
  'llm:env:declared',
  'a program sees what is declared for it, and nothing else',
  async () => {
    await using bed = await openBed({
      env: { CANARY: 'secret', WANTED: 'yes', REMOVED: 'secret', LD_PRELOAD_X: 'secret' },
      program: {
        env: { OWN: 'own', GONE: 'x' },
        passEnv: ['WANTED', 'REMOVED', 'NOT_SET'],
        removeEnv: ['REMOVED', 'GONE', 'LOGNAME'],
        ownFolderEnv: { TRUSTED: 'true' },
      },
    })

    await bed.runner.start({ program: 'fake', prompt: 'x' }).done

    const env = bed.records()[0]?.env ?? {}
    expect(env).toMatchObject({
      OWN: 'own',
      WANTED: 'yes',
      TRUSTED: 'true',
      NO_COLOR: '1',
      CI: '1',
    })
    const allowed = ['PATH', 'HOME', 'USER', 'SHELL', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TERM']
    const ours = ['TMPDIR', 'TMP', 'TEMP', 'NO_COLOR', 'CI', 'PWD', 'OWN', 'WANTED', 'TRUSTED']
    expect(Object.keys(env).filter((name) => ![...allowed, ...ours].includes(name))).toEqual([])
  },
)

test('a program in a folder that the operator named is not told to trust it', async () => {
  await using bed = await openBed({
    program: { cwd: import.meta.dirname, ownFolderEnv: { TRUSTED: 'true' } },
  })

  await bed.runner.start({ program: 'fake', prompt: 'x' }).done

  expect(bed.records()[0]?.env['TRUSTED']).toBeUndefined()
  expect(bed.records()[0]?.cwd).toBe(import.meta.dirname)
})

verifies('llm:deputy:safe-by-default', 'no built-in template bypasses permissions', () => {
  const words = Object.values(builtins).flatMap(({ permissions, ...entry }) => [
    JSON.stringify(entry),
    JSON.stringify(permissions),
  ])

  const dangerous = /skip-permissions|bypass|yolo|--auto\b|"-y"|allow-all|danger/i
  expect(words.filter((word) => dangerous.test(word))).toEqual([])
})

verifies('llm:deputy:safe-by-default', 'editing needs the word of the operator too', async () => {
  const permissions = {
    safe: { args: ['--safe'], env: { MODE: 'safe' } },
    edit: { args: ['--edit'], env: { MODE: 'edit' } },
  }
  const entry = { command: ['{permission_args}'], permissions }
  await using closed = await openBed({ program: entry })
  await using open = await openBed({ program: entry, settings: { permission: 'edit' } })
  const edit = { program: 'fake', prompt: 'x', permission: 'edit' } as const

  const refused = await closed.runner.start(edit).done
  await open.runner.start({ program: 'fake', prompt: 'x' }).done
  await open.runner.start(edit).done

  expect(refused).toMatchObject({ success: false, error_class: 'invalid' })
  expect(closed.records()).toEqual([])
  expect(open.records().map(({ argv, env }) => [argv, env['MODE']])).toEqual([
    [['--safe'], 'safe'],
    [['--edit'], 'edit'],
  ])
})
