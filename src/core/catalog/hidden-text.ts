// What nobody sees is legitimate in few places: inside emoji, in three flags, and between letters of scripts that need it.
const joined =
  'Arabic Syriac Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar Mongolian'
    .split(' ')
    .map((script) => String.raw`\p{Script=${script}}`)
    .join('')

const legitimate = [
  String.raw`[\t\n\r]`,
  String.raw`\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}`,
  String.raw`\p{Extended_Pictographic}[\uFE0E\uFE0F\p{Emoji_Modifier}]?(?:\u200D\p{Extended_Pictographic}[\uFE0F\p{Emoji_Modifier}]?)*`,
  String.raw`[0-9#*]\uFE0F\u20E3`,
  `(?<=[${joined}])[\\u200C\\u200D](?=[${joined}])`,
  // Signs of Arabic, Syriac and Kaithi that are seen, although Unicode counts them as format characters.
  String.raw`[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}]`,
].join('|')

const unseen = String.raw`[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Cs}\p{Co}\p{Cn}\u2800]`
const either = new RegExp(`(${legitimate})|${unseen}`, 'gu')

/** The text without characters that a person does not see and a model reads. */
export function withoutHidden(text: string): string {
  return text.replace(either, (_, seen: string | undefined) => seen ?? '')
}

/** The same text with each of them as its number, for a person who decides. */
export function withHiddenShown(text: string): string {
  return text.replace(either, (character, seen: string | undefined) => seen ?? numbered(character))
}

/** A text in JSON with each of them as an escape: the same text to a program, and seen by a person. */
export function withHiddenEscaped(json: string): string {
  return json.replace(either, (character, seen: string | undefined) => seen ?? escaped(character))
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

function numbered(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
  return `‹U+${code.padStart(4, '0')}›`
}

/** Whether a name is all there is to see of it, on one line, and spelled in the one way Unicode composes it. */
export function isClearName(name: string): boolean {
  if (/^[\x20-\x7e]*$/.test(name)) return true
  const isOneLine = !/[\t\n\r\u2028\u2029]/.test(name)
  return isOneLine && withoutHidden(name) === name && name.normalize('NFC') === name
}
