import { charactersOf } from '../../../kit/text-width.ts'

/** A text that is being written, and where the cursor stands in it. */
export interface Draft {
  readonly text: string
  readonly at: number
}

export const emptyDraft: Draft = { text: '', at: 0 }

export function draftOf(text: string): Draft {
  return { text, at: text.length }
}

export function insert({ text, at }: Draft, added: string): Draft {
  return { text: text.slice(0, at) + added + text.slice(at), at: at + added.length }
}

/** What a key does to a draft. */
export type Edit = (draft: Draft) => Draft

export const left: Edit = ({ text, at }) => ({ text, at: before(text, at) })
export const right: Edit = ({ text, at }) => ({ text, at: after(text, at) })

export const lineStart: Edit = ({ text, at }) => ({ text, at: text.lastIndexOf('\n', at - 1) + 1 })
export const lineEnd: Edit = ({ text, at }) => ({ text, at: endOfLine(text, at) })

export const wordLeft: Edit = ({ text, at }) => ({
  text,
  at: text.slice(0, at).search(/\S+\s*$/) === -1 ? 0 : text.slice(0, at).search(/\S+\s*$/),
})
export const wordRight: Edit = ({ text, at }) => ({
  text,
  at: at + (/^\s*\S*/.exec(text.slice(at))?.[0].length ?? 0),
})

export const deleteLeft: Edit = (draft) => cut(draft, left)
export const deleteRight: Edit = (draft) => cut(draft, right)
export const deleteWordLeft: Edit = (draft) => cut(draft, wordLeft)
export const deleteToStart: Edit = (draft) => cut(draft, lineStart)
export const deleteToEnd: Edit = (draft) => cut(draft, lineEnd)

/** The line above or below, at the same place in it; undefined where there is none. */
export function moveLine({ text, at }: Draft, by: -1 | 1): Draft | undefined {
  const start = text.lastIndexOf('\n', at - 1) + 1
  const column = at - start
  const target = by === -1 ? start - 1 : endOfLine(text, at) + 1
  if (target < 0 || target > text.length) return undefined
  const targetStart = by === -1 ? text.lastIndexOf('\n', target - 1) + 1 : target
  return { text, at: Math.min(targetStart + column, endOfLine(text, targetStart)) }
}

function cut(draft: Draft, move: Edit): Draft {
  const other = move(draft).at
  const [from, to] = [Math.min(draft.at, other), Math.max(draft.at, other)]
  return { text: draft.text.slice(0, from) + draft.text.slice(to), at: from }
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

/** A character that is several code points is passed as one. */
function before(text: string, at: number): number {
  const last = charactersOf(text.slice(0, at)).at(-1)
  return at - (last?.length ?? 0)
}

function after(text: string, at: number): number {
  return at + (charactersOf(text.slice(at, at + 64))[0]?.length ?? 0)
}
