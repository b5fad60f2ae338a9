import type { LockGrade } from '../../../contract/lock.ts'
import { isRecord } from '../../../kit/is-record.ts'
import { differingMembers } from '../canonical-tool.ts'
import { schemaChange } from '../schema-change.ts'
import { isLooser, isOnlyStricter } from '../stricter.ts'

export interface Graded {
  readonly grades: readonly LockGrade[]
  /** Parameters it takes that it did not take. */
  readonly takes: readonly string[]
}

/** In what ways a tool is not what it was; its name is not looked at. */
export function gradeTool(before: Buffer, after: Buffer): Graded {
  const [old, now] = [parsed(before), parsed(after)]
  const grades = new Set<LockGrade>()
  let takes: readonly string[] = []
  for (const member of differingMembers(before, after)) {
    if (member === 'title' || member === 'description') grades.add('description_changed')
    else if (member === 'annotations') grades.add(gradeHints(before, after))
    else if (member === 'outputSchema')
      grades.add(
        gradeSchema(old[member], now[member]).grade === 'description_changed'
          ? 'description_changed'
          : 'output_changed',
      )
    else if (member === 'inputSchema') {
      const { grade, added } = gradeSchema(old[member], now[member])
      grades.add(grade)
      takes = added
    }
  }
  return { grades: [...grades], takes }
}

function gradeHints(before: Buffer, after: Buffer): LockGrade {
  if (isLooser(before, after)) return 'hints_loosened'
  return isOnlyStricter(before, after) ? 'hints_stricter' : 'description_changed'
}

function gradeSchema(
  before: unknown,
  after: unknown,
): { readonly grade: LockGrade; readonly added: readonly string[] } {
  const { takesMore, takesLess, isOther, added } = schemaChange(before, after)
  // What no program can read any more is not the same number or member.
  const isUnread = JSON.stringify(before) === JSON.stringify(after)
  if (isOther || isUnread || (takesMore && takesLess)) return { grade: 'schema_changed', added }
  if (takesMore) return { grade: 'schema_widened', added }
  return { grade: takesLess ? 'schema_narrowed' : 'description_changed', added }
}

function parsed(tool: Buffer): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(tool.toString())
  return isRecord(value) ? value : {}
}
