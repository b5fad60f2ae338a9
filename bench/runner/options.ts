import { parseArgs } from 'node:util'

export interface Options {
  readonly isQuick: boolean
  /** Run everything before other programs on this machine. */
  readonly hasPriority: boolean
  /** Subjects to measure; all when left out. */
  readonly only: readonly string[] | undefined
  /** Rows of the target table; all of them with the whole matrix when left out. */
  readonly rows: readonly number[] | undefined
  readonly markdown: string | undefined
  readonly json: string
  /** A command to measure beside the others, with `{port}`, `{url}` and `{command}`. */
  readonly subjectCommand: string | undefined
  readonly limitMs: number
}

export const allRows = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const

export const usage = `node bench/run.ts [options]

  --quick               nginx, byte proxy, gantry and SDK v1 only, in under a minute
  --only a,b            only these subjects
  --rows 1,2            only what these rows of the target table need
  --subject-cmd CMD     measure this command too; {port}, {url} and {command} are filled in
  --priority            run before other programs on this machine (needs the right to do so)
  --json FILE           where to write the results (bench/results/latest.json)
  --markdown FILE       write a page of tables too
  --limit-seconds N     leave cells out rather than take longer (690)
`

export function readOptions(argv: readonly string[], resultsFile: string): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      priority: { type: 'boolean', default: false },
      only: { type: 'string' },
      rows: { type: 'string' },
      markdown: { type: 'string' },
      json: { type: 'string', default: resultsFile },
      'subject-cmd': { type: 'string' },
      'limit-seconds': { type: 'string', default: '690' },
    },
  })
  return {
    isQuick: values.quick,
    hasPriority: values.priority,
    only: values.only?.split(','),
    rows: values.rows?.split(',').map(Number),
    markdown: values.markdown,
    json: values.json,
    subjectCommand: values['subject-cmd'],
    limitMs: Number(values['limit-seconds']) * 1000,
  }
}
