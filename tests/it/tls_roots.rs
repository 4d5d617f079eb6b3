//! The system's CA certificates: hashed directories, bundles, and that neither is opened without need. Each tree is laid out
//! in a folder of the test, to which `SSL_CERT_DIR` and `SSL_CERT_FILE` point.

use std::fs;
use std::path::Path;

use openssl::ssl::SslVersion;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::support::{Authority, Presented, Wsurl, secs};

/// Both layouts in one folder: `certs/` and `bundle.pem`.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("certs")).expect("a folder");
        fs::write(folder.path().join("bundle.pem"), Authority::root("some other CA").pem).expect("a file");
        Self(folder)
    }

    /// As Debian, Arch and Alpine have it: a file per certificate, named by the hash of its subject.
    fn with_hashed(self, authority: &Authority) -> Self {
        fs::write(self.path("certs").join(authority.hashed_name()), &authority.pem).expect("a file");
        self
    }

    /// As Fedora has it, or as somebody has appended it to the file by hand.
    fn with_bundled(self, authorities: &[&Authority]) -> Self {
        let others = ["A", "B", "C"].map(|name| Authority::root(name).pem).concat();
        let ours = authorities.iter().map(|authority| authority.pem.clone()).collect::<String>();
        let text = format!("# comment\n{others}\n# ours\n{ours}{}", Authority::root("D").pem);
        fs::write(self.path("bundle.pem"), text).expect("a file");
        self
    }

    /// A FIFO without a writer takes the place of the bundle: a run that opens it hangs.
    fn with_forbidden_bundle(self) -> Self {
        fs::remove_file(self.path("bundle.pem")).expect("remove the file");
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, self.path("bundle.pem"), FileType::Fifo, mode, 0).expect("a FIFO");
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// A run that has this tree as its system.
    fn run(&self, url: &str) -> Wsurl {
        self.run_with(url, &self.path("certs"))
    }

    fn run_with(&self, url: &str, directories: &Path) -> Wsurl {
        Wsurl::new(["send", url, "hi"])
            .env("SSL_CERT_DIR", directories)
            .env("SSL_CERT_FILE", self.path("bundle.pem"))
            .within(secs(5))
    }
}

#[test]
fn an_issuer_in_the_hashed_directory_is_trusted_and_the_bundle_stays_closed() {
    let ca = Authority::root("hashed CA");
    let url = ca.issue("127.0.0.1", 10).serve();
    let tree = Tree::new().with_hashed(&ca).with_forbidden_bundle();
    tree.run(&url).stdout("hi\n").stderr("").exits(0);
}

#[test]
fn every_directory_of_a_list_counts() {
    let ca = Authority::root("hashed CA");
    let url = ca.issue("127.0.0.1", 10).serve();
    let tree = Tree::new().with_hashed(&ca).with_forbidden_bundle();
    let list = std::env::join_paths([Path::new("/nonexistent"), tree.0.path(), &tree.path("certs")]);
    tree.run_with(&url, Path::new(&list.expect("a list"))).stdout("hi\n").exits(0);
}

#[test]
fn a_ca_file_of_our_own_and_no_checks_at_all_leave_the_bundle_closed() {
    let ca = Authority::root("own CA");
    let url = ca.issue("127.0.0.1", 10).serve();
    let tree = Tree::new().with_forbidden_bundle();
    let file = tree.path("own.pem");
    fs::write(&file, &ca.pem).expect("a file");
    tree.run(&url).args(["--cacert", file.to_str().expect("UTF-8")]).stdout("hi\n").stderr("").exits(0);
    let told = "unable to get local issuer certificate (the system's bundle is not read with -k)\n";
    tree.run(&url).args(["-k", "-v"]).stdout("hi\n").stderr_has(told).exits(0);
}

#[test]
fn an_issuer_that_only_the_bundle_has_is_found_on_the_same_connection() {
    let ca = Authority::root("bundled CA");
    let tree = Tree::new().with_bundled(&[&ca]);
    for newest in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let url = ca.issue("127.0.0.1", 10).serve_up_to(newest);
        tree.run(&url).args(["-v"]).stdout("hi\n").stderr_lacks("second connection").exits(0);
    }
    let own = ca.issue("127.0.0.1", 10).with(&ca).serve();
    tree.run(&own).stdout("hi\n").stderr("").exits(0);
}

#[test]
fn a_chain_may_lead_over_an_intermediate_to_a_root_in_either_place() {
    let root = Authority::root("root CA");
    let (middle, last) = (root.intermediate("intermediate CA", 10), Authority::root("unused"));
    let url = middle.issue("127.0.0.1", 10).with(&middle).serve();
    Tree::new().with_hashed(&root).with_forbidden_bundle().run(&url).stdout("hi\n").exits(0);
    Tree::new().with_bundled(&[&last, &root]).run(&url).stdout("hi\n").exits(0);
    // The server does not send the intermediate, but the system has it.
    let url = middle.issue("127.0.0.1", 10).serve();
    Tree::new().with_hashed(&root).with_bundled(&[&middle]).run(&url).stdout("hi\n").exits(0);
    Tree::new().with_bundled(&[&root, &middle]).run(&url).stdout("hi\n").exits(0);
    Tree::new().with_hashed(&root).run(&url).stdout("").stderr_has("not trusted").exits(60);
}

#[test]
fn a_self_signed_certificate_in_the_bundle_is_trusted() {
    let ca = Authority::root("a CA that is no server");
    let server = ca.issue("127.0.0.1", 10);
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let own = Presented { chain_pem: own.cert.pem(), key_pem: own.signing_key.serialize_pem() };
    let tree = Tree::new();
    fs::write(tree.path("bundle.pem"), format!("{}{}", server.chain_pem, own.chain_pem)).expect("a file");
    tree.run(&own.serve()).stdout("hi\n").stderr("").exits(0);
}

#[test]
fn an_issuer_whose_name_is_encoded_in_another_way_is_found() {
    let ca = Authority::root("some CA");
    let url = ca.issue_as("Some  CA").serve();
    for tree in [Tree::new().with_hashed(&ca), Tree::new().with_bundled(&[&ca])] {
        tree.run(&url).stdout("hi\n").stderr("").exits(0);
    }
}

#[test]
fn an_issuer_in_neither_place_is_refused() {
    let (ca, other) = (Authority::root("unknown CA"), Authority::root("another CA"));
    let url = ca.issue("127.0.0.1", 10).serve();
    let tree = Tree::new().with_hashed(&other).with_bundled(&[&other]);
    tree.run(&url)
        .stdout("")
        .stderr_has("certificate is from an issuer that is not trusted (CN=unknown CA)")
        .stderr_has("unable to get local issuer certificate")
        .exits(60);
    // A CA of the same name and another key is another CA.
    let namesake = Authority::root("unknown CA");
    Tree::new().with_bundled(&[&namesake]).run(&url).stdout("").exits(60);
    Tree::new().with_hashed(&namesake).run(&url).stdout("").exits(60);
}

#[test]
fn what_else_is_wrong_is_found_wherever_the_issuer_is() {
    let ca = Authority::root("some CA");
    let trees = [Tree::new().with_hashed(&ca), Tree::new().with_bundled(&[&ca])];
    for tree in &trees {
        let expired = ca.issue("127.0.0.1", -1).serve();
        tree.run(&expired).stdout("").stderr_has("certificate expired on 20").exits(60);
        let wrong = ca.issue("wrong.example", 10).serve();
        tree.run(&wrong).stdout("").stderr_has("wrong.example; not for 127.0.0.1").exits(60);
        let middle = ca.intermediate("expired CA", -1);
        let old = middle.issue("127.0.0.1", 10).with(&middle).serve();
        tree.run(&old).stdout("").stderr_has("issuer").stderr_has("certificate has expired").exits(60);
        let weak = ca.issue_weak().serve();
        tree.run(&weak).stdout("").stderr_has("EE certificate key too weak").exits(60);
    }
}

#[test]
fn what_is_ignored_is_ignored_wherever_the_issuer_is() {
    let ca = Authority::root("some CA");
    let url = ca.issue("wrong.example", -1).serve();
    for tree in [Tree::new().with_hashed(&ca), Tree::new().with_bundled(&[&ca])] {
        let both = ["--ignore-tls-error", "expired", "--ignore-tls-error", "name"];
        tree.run(&url).args(both).stdout("hi\n").stderr_lacks("untrusted").exits(0);
        tree.run(&url).args(&both[..2]).stdout("").stderr_has("not for 127.0.0.1").exits(60);
        tree.run(&url).args(&both[2..]).stdout("").stderr_has("expired on 20").exits(60);
    }
}
