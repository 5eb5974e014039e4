//! What holds for any size of a repository.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::Place;

const COMPOSE: &str = "services:\n  web:\n    image: nginx:1.27\n    volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro']\n  app:\n    image: my/app\n";
const NGINX: &str = "events {}\nhttp { server { listen 80; location / { proxy_pass http://axp:8080; } } }\n";

#[test]
fn a_name_that_nothing_has_is_told_in_a_large_repository() {
    let place = Place::new(&[("compose.yaml", COMPOSE), ("nginx.conf", NGINX)]);
    for at in 0..5_001 {
        place.write(&format!("other/{}/{at}.yaml", at % 50), "a: 1\n");
    }
    let lint = |place: &Place| {
        let out = place.command(&["lint", "--format", "concise"]).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let told = lint(&place);
    assert!(told.contains("axp"), "{told}");
    place.write("more/compose.yaml", "services:\n  axp:\n    image: my/app\n");
    let told = lint(&place);
    assert!(!told.contains("no service"), "{told}");
}
