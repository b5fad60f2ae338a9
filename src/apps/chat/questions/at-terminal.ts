import { plainLine } from '../../../kit/plain.ts'
import { cutRows } from '../../../kit/text-width.ts'
import { isRecord } from '../../../kit/is-record.ts'
import type { Question, Ui } from '../terminal/ui.ts'
import { isAllowed } from './allowed.ts'
import type { About, Answerer, FormAnswer } from './answer.ts'
import type { Approval, Decision } from './approval.ts'
import { readDecision } from './approval.ts'
import { fieldsOf, readField } from './form.ts'
import type { Field } from './form.ts'
import { printableArguments } from './printable.ts'

export interface TerminalAnswerOptions {
  readonly ui: Ui
  /** Patterns of tools that were allowed beforehand. */
  readonly allowed: readonly string[]
  /** Ends the turn: somebody who leaves a question wants no more of it. */
  readonly leave: () => void
  readonly decided: (approval: Approval, decision: Decision) => void
}

/** Questions answered by the person at the terminal, one after the other. */
export function createTerminalAnswerer(options: TerminalAnswerOptions): Answerer {
  const { ui, allowed, decided } = options
  return {
    async approve(approval, about) {
      if (isAllowed(approval, allowed)) return 'once'
      const decision = await ui.asking((question) =>
        approve(approval, about, { ...options, question }),
      )
      decided(approval, decision)
      return decision
    },
    fillIn: (form, about) => ui.asking((question) => fillIn(form, about, { ...options, question })),
  }
}

interface Asking extends TerminalAnswerOptions {
  readonly question: Question
}

async function approve(approval: Approval, about: About, asking: Asking): Promise<Decision> {
  const { ui, question } = asking
  const { ink } = ui
  if (about.signal.aborted) return 'deny'
  using end = endingAt(approval.expires_at, about.signal)
  const server = ink.bold(plainLine(approval.server))
  question.print(`\n${ink.alert('?')} ${server} wants to run ${ink.bold(plainLine(approval.tool))}`)
  if (approval.reason !== '') question.print(ink.dim(`  because ${plainLine(approval.reason)}`))
  const isSeen = await page(printableArguments(about.argumentsJson), { ...asking, end })
  const decision = isSeen ? await decide(asking, end.signal) : 'deny'
  if (end.hasPassed()) question.print(ink.dim('  Nobody answered in time: it is not run.'))
  else if (decision === 'deny') question.print(ink.dim('  It is not run.'))
  return decision
}

async function decide({ question, leave }: Asking, signal: AbortSignal): Promise<Decision> {
  for (;;) {
    const prompt = '  y once, c this conversation, a always, n no [n] > '
    const answer = await question.read(prompt, signal)
    if (answer === undefined) {
      if (!signal.aborted) leave()
      return 'deny'
    }
    const decision = readDecision(answer)
    if (decision) return decision
    question.print('  Answer y, c, a or n.')
  }
}

/** All of a text, a screen at a time; false when somebody left before the end. */
async function page(text: string, asking: Asking & { readonly end: Ending }): Promise<boolean> {
  const { ui, question, end, leave } = asking
  const rows = text.split('\n').flatMap((line) => cutRows(line, Math.max(8, ui.columns() - 5)))
  const height = Math.max(4, ui.rows() - 6)
  let isWhole = false
  for (let at = 0; at < rows.length; at += height) {
    if (at > 0 && !isWhole) {
      const place = `  ${at} of ${rows.length} lines: Enter for more, a for all, n to refuse > `
      const answer = await question.read(place, end.signal)
      if (answer === undefined && !end.signal.aborted) leave()
      if (answer === undefined || answer.trim() === 'n') return false
      isWhole = answer.trim() === 'a'
    }
    const shown = rows.slice(at, at + height)
    question.print(shown.map((row) => `    ${row}`).join('\n'))
  }
  return true
}

interface Ending extends Disposable {
  readonly signal: AbortSignal
  /** Whether the time for an answer is over. */
  readonly hasPassed: () => boolean
}

/** A moment that does not come for those who leave it open. */
function endingAt(moment: string | undefined, signal: AbortSignal): Ending {
  const late = new AbortController()
  const leftMs = moment === undefined ? Number.NaN : Date.parse(moment) - Date.now()
  const timer = Number.isNaN(leftMs)
    ? undefined
    : setTimeout(() => late.abort(), Math.min(Math.max(0, leftMs), 2_147_483_647))
  return {
    signal: AbortSignal.any([signal, late.signal]),
    hasPassed: () => late.signal.aborted,
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

const secret = /passw|passcode|secret|token|api.?key|credential|\bpin\b|\bcvv\b/i

async function fillIn(
  form: Readonly<Record<string, unknown>>,
  about: About,
  asking: Asking,
): Promise<FormAnswer> {
  const { ui, question } = asking
  const message = typeof form['message'] === 'string' ? form['message'] : ''
  const fields = fieldsOf(isRecord(form['requestedSchema']) ? form['requestedSchema'] : {})
  question.print(
    `\n${ui.ink.alert('?')} ${ui.ink.bold(plainLine(about.server))} asks, for ${plainLine(about.tool)}: ${plainLine(message)}`,
  )
  const wanted = fields.find(({ name, label }) => secret.test(name) || secret.test(label))
  if (wanted) {
    question.print(
      `  It asks for "${plainLine(wanted.label)}", which looks like a secret: declined.`,
    )
    return { action: 'decline' }
  }
  const wants = await question.read('  answer it? y or n [n] > ', about.signal)
  if (wants === undefined) {
    if (!about.signal.aborted) asking.leave()
    return { action: 'cancel' }
  }
  if (!/^y(?:es)?$/i.test(wants.trim())) return { action: 'decline' }
  return readFields(fields, about, asking)
}

async function readFields(
  fields: readonly Field[],
  { signal }: About,
  { question }: Asking,
): Promise<FormAnswer> {
  const content: [string, unknown][] = []
  for (const field of fields) {
    for (;;) {
      const answer = await question.read(`  ${plainLine(field.label)}${field.hint} > `, signal)
      if (answer === undefined) return { action: 'cancel' }
      const read = readField(field, answer)
      if ('problem' in read) {
        question.print(`  ${plainLine(read.problem)}`)
        continue
      }
      if (read.value !== undefined) content.push([field.name, read.value])
      break
    }
  }
  return { action: 'accept', content: Object.fromEntries(content) }
}
