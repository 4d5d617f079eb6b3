#!/bin/sh
# Makes the certificates and keys that the tests of src/net/identity read. They protect nothing; the
# password of those that have one is `secret`. Run it in this folder; needs OpenSSL 3. The pin in src/net/pin.rs is
# that of ec.crt.
set -eu
request() { openssl req -x509 -new -key "$1" -subj "/CN=$2" -days 36500 -out "$3"; }
export_key() { openssl pkcs8 -topk8 -in ec.key -passout pass:secret "$@"; }

openssl genrsa -traditional -out rsa.key 2048
request rsa.key rsa.client.example rsa.crt
cat rsa.crt rsa.key > rsa-and-key.pem

openssl ecparam -name prime256v1 -genkey -out ec.key
request ec.key ec.client.example ec.crt
openssl pkcs8 -topk8 -nocrypt -in ec.key -out ec.pkcs8.key
export_key -v2 aes-256-cbc -v2prf hmacWithSHA256 -out ec.pbes2.key
export_key -v2 des3 -v2prf hmacWithSHA1 -out ec.des3.key
export_key -v1 PBE-SHA1-3DES -out ec.pbes1.key
openssl ec -in ec.key -aes128 -passout pass:secret -out ec.legacy.key
openssl pkcs12 -export -inkey ec.key -in ec.crt -passout pass:secret -out ec.p12
openssl pkcs12 -export -inkey ec.key -in ec.crt -passout pass: -out ec.open.p12
openssl pkcs12 -export -nokeys -in ec.crt -passout pass: -out no-key.p12
openssl x509 -in ec.crt -outform der -out ec.der
openssl pkey -in ec.key -outform der -out ec.key.der

openssl genpkey -algorithm ed25519 -out ed.key
request ed.key ed.client.example ed.crt
rm rsa.crt rsa.key
