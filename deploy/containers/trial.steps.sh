# The steps of the manual's page "Join the network", each by a function of trial.sh, which reads it.
# Written by deploy/containers/write_compose.py; change that.
# What is in single quotes is for the shell of a desk.
# shellcheck shell=bash disable=SC2016

at un-desk UN 'corridor registry body-key --id UN --class un --at un-keys --out un.json'
at east-desk EAST 'corridor registry body-key --id EAST --class regional --at east-keys --out east.json'
at west-desk WEST 'corridor registry body-key --id WEST --class regional --at west-keys --out west.json'
hand EAST UN east.json east.json
hand WEST UN west.json west.json
at un-desk UN 'corridor registry found un.json east.json west.json --name transit --keys un-keys --out root.crt1 --yes'
hand UN EAST root.crt1 root.crt1
at east-desk EAST 'corridor registry sign root.crt1 --keys east-keys --yes'
hand EAST WEST root.crt1 root.crt1
at west-desk WEST 'corridor registry sign root.crt1 --keys west-keys --yes'
hand WEST UN root.crt1 root.crt1
at un-desk UN 'corridor registry publish root.crt1 --network network'
at ge-desk Georgia 'corridor init --endpoint GE.RS --administration "Revenue Service" --broker-host mq.rs.ge --at ge'
at tr-desk Turkiye 'corridor init --endpoint TR.GTB --administration "Ministry of Trade" --broker-host mq.gtb.tr --at tr'
hand Georgia UN ge/join-request.json georgia.json
hand Turkiye UN tr/join-request.json turkiye.json
hear GEORGIA Georgia 'identity, all *'
hear TURKIYE Turkiye 'identity, all *'
at un-desk UN 'corridor registry admit georgia.json turkiye.json --network network --keys un-keys --expect-fingerprint "$GEORGIA" --expect-fingerprint "$TURKIYE" --out directory-1.crt1 --yes'
hand UN EAST directory-1.crt1 directory-1.crt1
hand UN EAST network network
at east-desk EAST 'corridor registry sign directory-1.crt1 --network network --keys east-keys --yes'
hand EAST UN directory-1.crt1 directory-1.crt1
at un-desk UN 'corridor registry publish directory-1.crt1 --network network'
hand UN Georgia network network
hand UN Turkiye network network
hear NETWORK UN 'fingerprint of the network '
hear NETWORK UN 'fingerprint of the network '
at ge-desk Georgia 'corridor join --config ge/node.toml --network network --fingerprint "$NETWORK" --identity ge-identity'
at tr-desk Turkiye 'corridor join --config tr/node.toml --network network --fingerprint "$NETWORK" --identity tr-identity'
hear TURKIYE Turkiye 'identity, all *'
hear GEORGIA Georgia 'identity, all *'
at ge-desk Georgia 'corridor agreement propose TR --config ge/node.toml --identity ge-identity --partner-fingerprint "$TURKIYE" --legal-reference "Agreement of 2026 on the exchange of transit data" --out agreement --yes'
hand Georgia Turkiye agreement agreement
at tr-desk Turkiye 'corridor agreement sign agreement --config tr/node.toml --identity tr-identity --partner-fingerprint "$GEORGIA" --yes'
hand Turkiye UN agreement agreement
at un-desk UN 'corridor registry include-agreement agreement --network network --keys un-keys --out directory-2.crt1 --yes'
hand UN EAST directory-2.crt1 directory-2.crt1
hand UN EAST network network
at east-desk EAST 'corridor registry sign directory-2.crt1 --network network --keys east-keys --yes'
hand EAST UN directory-2.crt1 directory-2.crt1
at un-desk UN 'corridor registry publish directory-2.crt1 --network network'
hand UN Georgia network network
hand UN Turkiye network network
at ge-desk Georgia 'corridor join --config ge/node.toml --network network'
at ge-desk Georgia 'corridor agreement list --config ge/node.toml'
at tr-desk Turkiye 'corridor join --config tr/node.toml --network network'
at ge-desk Georgia 'corridor broker request TR --config ge/node.toml'
at tr-desk Turkiye 'corridor broker request GE --config tr/node.toml'
hand Georgia Turkiye ge/pki/fed-at-tr.csr fed-at-tr.csr
hand Turkiye Georgia tr/pki/fed-at-ge.csr fed-at-ge.csr
at tr-desk Turkiye 'corridor broker issue fed-at-tr.csr --to GE --ca-cert tr/pki/ca.pem --ca-key tr-identity/broker-ca/ca.key --out fed-at-tr.pem'
at ge-desk Georgia 'corridor broker issue fed-at-ge.csr --to TR --ca-cert ge/pki/ca.pem --ca-key ge-identity/broker-ca/ca.key --out fed-at-ge.pem'
hand Turkiye Georgia fed-at-tr.pem ge/pki/fed-at-tr.pem
hand Georgia Turkiye fed-at-ge.pem tr/pki/fed-at-ge.pem
at ge-desk Georgia 'corridor broker firewall --config ge/node.toml'
at ge-desk Georgia 'corridor broker password operator.password --config ge/node.toml'
at ge-desk Georgia 'corridor broker render --config ge/node.toml --rabbitmq "$(rabbitmqctl version)"'
at tr-desk Turkiye 'corridor broker firewall --config tr/node.toml'
at tr-desk Turkiye 'corridor broker password operator.password --config tr/node.toml'
at tr-desk Turkiye 'corridor broker render --config tr/node.toml --rabbitmq "$(rabbitmqctl version)"'
start_broker ge Georgia
start_broker tr Turkiye
at ge-console Georgia 'corridor broker check --config ge/node.toml --password-file operator.password'
at tr-console Turkiye 'corridor broker check --config tr/node.toml --password-file operator.password'
start ge-node
start tr-node
at ge-console Georgia 'corridor peer test TR --config ge/node.toml'
at ge-console Georgia 'corridor doctor --config ge/node.toml --password-file operator.password'
at tr-console Turkiye 'corridor doctor --config tr/node.toml --password-file operator.password --canary'
at tr-console Turkiye 'corridor send movement.json --to GE --config tr/node.toml'
at ge-console Georgia 'corridor inbox --config ge/node.toml --acknowledge'
at tr-console Turkiye 'corridor inbox --outcomes --config tr/node.toml'
