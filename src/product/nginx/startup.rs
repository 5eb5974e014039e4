//! What the official nginx image does when it starts.

use crate::environment::ContainerSpec;
use crate::expand::envsubst::Templates;
use crate::expand::{ContainerFiles, Startup};

/// The official images.
pub(super) static STARTUP: Startup = Startup {
    is_known: |spec| {
        spec.built.is_none() && (spec.is_official("nginx") || spec.is_official("nginxinc/nginx-unprivileged"))
    },
    // Their `ENV`.
    variables: &[
        "NGINX_VERSION",
        "NJS_VERSION",
        "NJS_RELEASE",
        "ACME_VERSION",
        "PKG_RELEASE",
        "DYNPKG_RELEASE",
        "NGINX_LOCAL_RESOLVERS",
    ],
    hooks: "/docker-entrypoint.d/",
    runs_hooks: starts_by_itself,
    fill,
};

/// Whether a container may be started by the images' own entrypoint.
fn starts_by_itself(spec: &ContainerSpec) -> bool {
    let own_entrypoint = match &spec.entrypoint {
        None => true,
        Some(words) => words.iter().any(|word| word.text.contains("docker-entrypoint")),
    };
    own_entrypoint && (spec.built.is_some() || spec.image_name().is_none_or(|name| name.contains("nginx")))
}

/// `20-envsubst-on-templates.sh`: the files of `/etc/nginx/templates` that end in `.template`, to `/etc/nginx/conf.d`,
/// replacing the variables that are defined and no others. It runs only through the image's own entrypoint.
fn fill(seen: &mut ContainerFiles, templates: &Templates<'_>) {
    let spec: &ContainerSpec = templates.spec;
    if !starts_by_itself(spec) {
        return;
    }
    let setting = |name: &str, default: &str| match spec.variable(name) {
        Some(value) if value.unknown => None,
        Some(value) if !value.text.is_empty() => Some(value.text.to_string()),
        _ => Some(default.to_owned()),
    };
    let (Some(folder), Some(suffix), Some(output), Some(filter)) = (
        setting("NGINX_ENVSUBST_TEMPLATE_DIR", "/etc/nginx/templates"),
        setting("NGINX_ENVSUBST_TEMPLATE_SUFFIX", ".template"),
        setting("NGINX_ENVSUBST_OUTPUT_DIR", "/etc/nginx/conf.d"),
        setting("NGINX_ENVSUBST_FILTER", ""),
    ) else {
        return;
    };
    templates.fill_folder(seen, &folder, &suffix, &output, filter);
}
