import { isRecord } from '../../kit/is-record.ts'
import { plainLine } from '../../kit/plain.ts'

/** Writes bytes to a new file and gives its path. */
export type SaveBytes = (
  bytes: Uint8Array,
  named: { readonly stem: string; readonly mimeType: string },
) => Promise<string>

/** Saves the pictures, sounds and other bytes among content items; says of each where it is. */
export async function saveBytesIn(
  content: readonly unknown[],
  stem: string,
  save: SaveBytes,
): Promise<readonly string[]> {
  const said: string[] = []
  for (const item of content) {
    const found = bytesOf(item)
    if (!found) continue
    const { base64, mimeType } = found
    const bytes = Buffer.from(base64, 'base64')
    said.push(await saved(bytes, { stem, mimeType }, save))
  }
  return said
}

/** A file that cannot be written is told, and the conversation goes on. */
async function saved(
  bytes: Uint8Array,
  named: { readonly stem: string; readonly mimeType: string },
  save: SaveBytes,
): Promise<string> {
  const what = `${plainLine(named.mimeType)} (${bytes.length} bytes)`
  try {
    return `${what} saved to ${await save(bytes, named)}`
  } catch (cause) {
    return `${what} could not be saved: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

function bytesOf(
  item: unknown,
): { readonly base64: string; readonly mimeType: string } | undefined {
  if (!isRecord(item)) return undefined
  const { type, data, mimeType, resource } = item
  if ((type === 'image' || type === 'audio') && typeof data === 'string') {
    return { base64: data, mimeType: typeOf(mimeType) }
  }
  if (type !== 'resource' || !isRecord(resource)) return undefined
  const { blob } = resource
  return typeof blob === 'string'
    ? { base64: blob, mimeType: typeOf(resource['mimeType']) }
    : undefined
}

function typeOf(mimeType: unknown): string {
  return typeof mimeType === 'string' ? mimeType : 'application/octet-stream'
}
