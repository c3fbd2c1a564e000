/**
 * Self-signed certificates for tests, with their keys. **Test keys**: they are public, protect nothing and must never be
 * trusted. ECDSA P-256, made once with openssl.
 */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

/** For localhost and 127.0.0.1, valid from 2024 to 2046. */
export const good: TestCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguqavZrG6qrjPNFlZ
OVYtQA9xYkjZ8wC+2rPxFk7yDfqhRANCAATngtywawd0qCEoz7o+LxkZ1ytS+f8/
gDc8YLH2phqD9si0pMr8PfgqDb36nsCxeN13Q5eK4aokYRfXV3J5Y8hx
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBZzCCAQ2gAwIBAgIUQ0FpdtmJ1WcQM8rJDN9gGrONSkIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJVGVzdCBvbmx5MB4XDTI0MDEwMTAwMDAwMFoXDTQ2MDEwMTAw
MDAwMFowFDESMBAGA1UEAwwJVGVzdCBvbmx5MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE54LcsGsHdKghKM+6Pi8ZGdcrUvn/P4A3PGCx9qYag/bItKTK/D34Kg29
+p7AsXjdd0OXiuGqJGEX11dyeWPIcaM9MDswGgYDVR0RBBMwEYIJbG9jYWxob3N0
hwR/AAABMB0GA1UdDgQWBBTaYmIlUIsghEAszIwa2ztior3w5jAKBggqhkjOPQQD
AgNIADBFAiBXCzQMknA3Poj882a2P/TyiourTGg372N/yVYJBb7c0QIhAOLydWar
n4FbidJPer/Im0ToKVsv7erZUqXk6/Joq6XL
-----END CERTIFICATE-----
`
}

/** For localhost and 127.0.0.1, expired on 2020-01-01. */
export const expired: TestCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRQ5YSJapJDA/v5ti
mFzKs2VvlzeKJiPFW5qZUE6mX3yhRANCAASTiIYGzY+n/aINzAsJpW60E5kZA9gb
c3YffN766SK0Q/Au9pFz8hRdAg3Yw6l+F9iXPXXSjgHt7fvzvZA8awNA
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBejCCAR+gAwIBAgIUP0LUhjiek9wkec1d2sDAUAGSlH8wCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSVGVzdCBvbmx5LCBleHBpcmVkMB4XDTE4MDEwMTAwMDAwMFoX
DTIwMDEwMTAwMDAwMFowHTEbMBkGA1UEAwwSVGVzdCBvbmx5LCBleHBpcmVkMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEk4iGBs2Pp/2iDcwLCaVutBOZGQPYG3N2
H3ze+ukitEPwLvaRc/IUXQIN2MOpfhfYlz110o4B7e37872QPGsDQKM9MDswGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMB0GA1UdDgQWBBSA85wLXb9WH8+Syqc/
ZWpwkcid6zAKBggqhkjOPQQDAgNJADBGAiEAvf9OXi7hqChW1kM3vgBwuEQqIcAI
mUiFrD2C8sI0aaQCIQD6qMFiMY7H1HN/353iQy0dxeE6YKQWqjq6RfrKi5Y1FA==
-----END CERTIFICATE-----
`
}

/** For other.example, valid from 2024 to 2046. */
export const other: TestCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/KglERVjVmQ8n4xB
ui0BH4Lyau996bTW0sNTpaIPZXehRANCAAR2Xwp+5dznUg3z87Y5BAlc5JnR9tNe
Pa4NdChhdWMDERl5cXCrT9CekimoJ3mSuSMSLvlah9alYk8MDnu5F+N6
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBfjCCASOgAwIBAgIUWpJg6vFqRsbqWHYilo/dueuzKhAwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVVGVzdCBvbmx5LCBvdGhlciBuYW1lMB4XDTI0MDEwMTAwMDAw
MFoXDTQ2MDEwMTAwMDAwMFowIDEeMBwGA1UEAwwVVGVzdCBvbmx5LCBvdGhlciBu
YW1lMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdl8KfuXc51IN8/O2OQQJXOSZ
0fbTXj2uDXQoYXVjAxEZeXFwq0/QnpIpqCd5krkjEi75WofWpWJPDA57uRfjeqM7
MDkwGAYDVR0RBBEwD4INb3RoZXIuZXhhbXBsZTAdBgNVHQ4EFgQUQ2V2VBtUtj+y
nbq/K01K5YNAZEIwCgYIKoZIzj0EAwIDSQAwRgIhAO7Zw5WSm4n2z3HIpVnU09X1
Nymkl+EY6yJOVAgooGd1AiEA6CRS3NL1+Kk1ni0xydRcjtQIPwnDByKkJsmpUiCJ
NjU=
-----END CERTIFICATE-----
`
}

/** SHA-256 over the DER of {@link good}, as `openssl x509 -fingerprint -sha256` prints it, in the form metadata uses. */
export const goodSha256 = "70a9b1e9614c716c8486abf89009acf7398a8a5ad612fdf08d9f6214e6bdd4fb"

/** The base64 of a PEM block, as it stands in `ds:X509Certificate`. */
export const base64Of = ({ cert }: TestCertificate): string =>
  cert
    .split("\n")
    .filter((line) => !line.startsWith("-----"))
    .join("\n")
