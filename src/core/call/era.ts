/** Legacy: 2024-11-05 to 2025-11-25, opened by `initialize`. Modern: 2026-07-28, each request stands alone. */
export type Era = 'legacy' | 'modern'

export const modernVersion = '2026-07-28'
export const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const
export const newestLegacy = legacyVersions[0]

export type LogLevel = (typeof logLevels)[number]

/** From chatty to severe, as RFC 5424 orders them. */
export const logLevels = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const

export function isLogLevel(text: unknown): text is LogLevel {
  return logLevels.some((level) => level === text)
}
