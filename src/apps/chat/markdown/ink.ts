import pc from 'picocolors'

type Paint = (text: string) => string

/** The colours of the chat; without colour each of them leaves a text as it is. */
export interface Ink {
  readonly bold: Paint
  readonly dim: Paint
  readonly italic: Paint
  readonly underline: Paint
  readonly struck: Paint
  readonly code: Paint
  readonly good: Paint
  readonly bad: Paint
  readonly alert: Paint
}

export function createInk(hasColor: boolean): Ink {
  const colors = pc.createColors(hasColor)
  return {
    bold: colors.bold,
    dim: colors.dim,
    italic: colors.italic,
    underline: colors.underline,
    struck: colors.strikethrough,
    code: colors.cyan,
    good: colors.green,
    bad: colors.red,
    alert: colors.yellow,
  }
}
