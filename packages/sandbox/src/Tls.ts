/**
 * A self-signed key and certificate for tests of TLS failure. **A test key**: it is public in
 * this repository, so it protects nothing and must never be trusted or deployed.
 *
 * ECDSA P-256, CN=localhost, subjectAltName localhost, 127.0.0.1 and ::1, valid from 2024-01-01 to
 * 2046-01-01; made once with the Python `cryptography` package. Pass it as the `tls` option of
 * `startSandbox`.
 */
export const TEST_TLS: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxHlvwTOwokjNep2R
OrBdyHg/9KRl6/FyB+pbjR2yWbihRANCAAQVPRt2eTrkvYmCIU+BSN8O3dc02ycc
R0A9RNrNpnEG7I9QtyMprt8UcNPdXfm+zrZOMSOYP/UU+/vH92Ax2Wkq
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBpTCCAUygAwIBAgICEAQwCgYIKoZIzj0EAwIwPDEmMCQGA1UECgwdTG9vbSBT
Q0lNIHNhbmRib3ggKHRlc3Qgb25seSkxEjAQBgNVBAMMCWxvY2FsaG9zdDAeFw0y
NDAxMDEwMDAwMDBaFw00NjAxMDEwMDAwMDBaMDwxJjAkBgNVBAoMHUxvb20gU0NJ
TSBzYW5kYm94ICh0ZXN0IG9ubHkpMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQVPRt2eTrkvYmCIU+BSN8O3dc02yccR0A9RNrN
pnEG7I9QtyMprt8UcNPdXfm+zrZOMSOYP/UU+/vH92Ax2Wkqoz4wPDAMBgNVHRMB
Af8EAjAAMCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQAAAAAAAAAAAAAAAA
AAAAATAKBggqhkjOPQQDAgNHADBEAiB4T9gKv7IL/JUUNO8I+FGu/oyTnjoQHvjL
sq5ltcLKNQIgOSjrU49rKcRJDwu2levSY0uVFV0QYtlIArajI3VipKE=
-----END CERTIFICATE-----
`
}
