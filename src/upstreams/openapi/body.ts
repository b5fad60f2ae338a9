import { isRecord } from '../../kit/is-record.ts'
import { problemAt } from './problem.ts'
import type { Located } from './references.ts'

/** What a request carries as its body; always the argument `body`. */
export interface BodyPlan {
  readonly kind: 'json' | 'form' | 'text'
  readonly mediaType: string
  readonly isRequired: boolean
}

export interface DescribedBody extends BodyPlan {
  readonly description: string
  /** As the document says it. */
  readonly schema: unknown
  readonly at: string
}

/** The first kind of body that can be made of an argument; throws `DocumentProblem` where there is none. */
export function readBody({ value, at }: Located): DescribedBody {
  const { content, required, description } = value
  const types = isRecord(content) ? Object.entries(content) : []
  const found = orderedKinds
    .map(({ kind, pattern }) => ({ kind, type: types.find(([name]) => pattern.test(name)) }))
    .find(({ type }) => type !== undefined)
  if (!found?.type) {
    const offered = types.map(([name]) => name).join(', ') || 'nothing'
    throw problemAt(at, `its body is ${offered}, which cannot be made of arguments`)
  }
  const [name, media] = found.type
  return {
    kind: found.kind,
    mediaType: name.includes('*') ? 'application/json' : name,
    isRequired: required === true,
    description: typeof description === 'string' ? description.trim() : '',
    schema: isRecord(media) ? media['schema'] : undefined,
    at: `${at}.content.${name}.schema`,
  }
}

const orderedKinds = [
  { kind: 'json', pattern: /^application\/json\b/i },
  { kind: 'json', pattern: /^[\w.-]+\/[\w.+-]*\+json\b/i },
  { kind: 'form', pattern: /^application\/x-www-form-urlencoded\b/i },
  { kind: 'text', pattern: /^text\/(?!\*)/i },
  { kind: 'json', pattern: /^(?:\*|application)\/\*/ },
] as const
