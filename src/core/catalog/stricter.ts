import { isRecord } from '../../kit/is-record.ts'
import { hintNames, impliedHint } from '../access/hints.ts'

/** Whether the only news about a tool is that it admits to more harm than before. */
export function isOnlyStricter(before: Buffer, after: Buffer): boolean {
  const [old, now] = [annotationsIn(before), annotationsIn(after)]
  return others(old) === others(now) && !hasLooserHint(old, now)
}

/** Whether a tool admits to less harm than before. */
export function isLooser(before: Buffer, after: Buffer): boolean {
  return hasLooserHint(annotationsIn(before), annotationsIn(after))
}

function hasLooserHint(old: Hints, now: Hints): boolean {
  return hintNames.some((hint) => {
    const said = impliedHint(hint, now)
    return said !== impliedHint(hint, old) && said !== impliedHint(hint, {})
  })
}

/** What else stands among the hints, such as a title. */
function others(hints: Hints): string {
  return JSON.stringify(
    Object.keys(hints)
      .filter((key) => !isHint(key))
      .toSorted()
      .map((key) => [key, hints[key]]),
  )
}

type Hints = Readonly<Record<string, unknown>>

function annotationsIn(tool: Buffer): Hints {
  const parsed: unknown = JSON.parse(tool.toString())
  const annotations = isRecord(parsed) ? parsed['annotations'] : undefined
  return isRecord(annotations) ? annotations : {}
}

function isHint(key: string): boolean {
  return hintNames.some((hint) => hint === key)
}
