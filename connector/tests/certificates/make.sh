#!/bin/sh
# Makes the certificates of the tests anew. They are for localhost and guard nothing.
set -eu
cd "$(dirname "$0")"
key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key.pem"; }
extensions() { printf 'basicConstraints=critical,CA:%s\nsubjectAltName=DNS:%s\n' "$1" "$2"; }
# name, names it is for, first day, last day
signed() {
    key "$1"
    openssl req -new -key "$1.key.pem" -subj "/CN=$1" -out request.pem
    extensions FALSE "$2" > extensions.txt
    openssl ca -batch -config ca.conf -notext -in request.pem -out "$1.pem" -startdate "$3" -enddate "$4" -extfile extensions.txt
}
cat > ca.conf <<'END'
[ca]
default_ca = house
[house]
certificate = authority.pem
private_key = authority.key.pem
database = index.txt
serial = serial.txt
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
END
: > index.txt
echo 01 > serial.txt
key authority
openssl req -x509 -new -key authority.key.pem -subj "/CN=Authority of the tests" -days 36500 -out authority.pem \
    -addext keyUsage=critical,keyCertSign
signed good localhost 20200101000000Z 21200101000000Z
signed expired localhost 20200101000000Z 20210101000000Z
signed elsewhere elsewhere.example 20200101000000Z 21200101000000Z
key self_signed
openssl req -x509 -new -key self_signed.key.pem -subj /CN=self_signed -days 36500 -out self_signed.pem \
    -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost
rm -f request.pem extensions.txt ca.conf index.txt* serial.txt* ??.pem authority.key.pem
