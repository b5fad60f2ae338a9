const privateHost =
  /^(?:(?:[^.]+\.)*localhost|127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+|\[::1\]|\[f[cd][0-9a-f]{2}:[0-9a-f:.]*\])$/

/**
 * Whether a URL itself names this machine or a private network, so that whoever wrote it meant it.
 * Link-local addresses are left out: that is where clouds keep their credentials.
 */
export function namesPrivateAddress(url: string): boolean {
  const host = URL.parse(url)?.hostname
  return host !== undefined && privateHost.test(host)
}
