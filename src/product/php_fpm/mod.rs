//! php-fpm: pools in INI files, read in order of their names, the later entry of a pool winning. The official images
//! bring `www.conf` and, after it, `zz-docker.conf`, which says `listen = 9000` (docker-library/php, Dockerfile).

mod claim;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use crate::environment::Role;
use crate::expand::stage_of;
use crate::model::field::process;
use crate::model::{
    Doubt, Duration, Entity, EntityId, Kind, Known, Model, Notation, Product, Row, Table, Type, Unit, Value,
};
use crate::product::descriptor::Descriptor;
use crate::repo::Span;
use crate::server::settings::{self, Layer, find, holds};
use crate::server::sockets::{self, Address, Bind};
use crate::server::{Images, Launch, Lowered, ProcessContext, ProcessJoin, Program, Reads, Server};
use crate::syntax::dockerfile::joined;
use crate::syntax::{Language, NodeId, Tree};

/// php-fpm.
pub static DESCRIPTOR: Descriptor = Descriptor {
    claims: Some(&claim::CLAIMANT),
    server: Some(&SERVER),
    folders: &["/usr/local/etc/php-fpm.d/", "/etc/php/"],
    ..Descriptor::of(&Product {
        stated_as: Some("php"),
        ..Product::server("php-fpm")
    })
};

/// What starts php-fpm and what it reads.
static SERVER: Server = Server {
    programs: &[Program::prefix("php-fpm")],
    images: Images {
        official: &[
            "php",
            "wordpress",
            "nextcloud",
            "drupal",
            "matomo",
            "joomla",
            "phpmyadmin",
        ],
        tagged: "fpm",
        ..Images::NONE
    },
    in_file: IN_FILE,
    reads: Reads::Container(lower),
    on_machine: Some(machine),
    ..Server::BY_NAME
};

const IN_FILE: &[&str] = &[
    "listen",
    "request_terminate_timeout",
    "pm",
    "pm.max_children",
    ADMIN_LIMIT,
    POOL_LIMIT,
];

/// A pool's own memory limit; nothing the application does changes the first.
const ADMIN_LIMIT: &str = "php_admin_value[memory_limit]";
const POOL_LIMIT: &str = "php_value[memory_limit]";

/// Where the official images include pools from.
const OFFICIAL: &str = "/usr/local/etc/php-fpm.d";

/// Bare seconds, or one of `s m h d`.
static TIME: Notation = Notation {
    kind: Type::Duration,
    value_of: |text| {
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let seconds: u64 = number.parse().ok()?;
        let factor = match unit {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => return None,
        };
        Some(Value::Duration(Duration::from_secs(seconds.checked_mul(factor)?)))
    },
    spell: |value| Unit::Seconds.spell(value),
};

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows = vec![
        Row::new("request_terminate_timeout", process::REQUEST_TIMEOUT, Unit::Own(&TIME))
            .zero_is_unlimited()
            .inherits()
            .default("0", "php-fpm www.conf, request_terminate_timeout"),
        Row::new("pm.max_children", process::WORKERS, Unit::Number)
            .inherits()
            .default("5", "php-fpm www.conf, pm.max_children"),
        Row::new(ADMIN_LIMIT, process::WORKER_MEMORY, Unit::PhpSize).inherits(),
        Row::new(POOL_LIMIT, process::WORKER_MEMORY, Unit::PhpSize).inherits(),
        Row::new("memory_limit", process::WORKER_MEMORY, Unit::PhpSize)
            .inherits()
            .default("128M", "PHP documentation, memory_limit"),
    ];
    Table::new("php-fpm", rows)
});

/// The pools of the files in their order: by name, the layers of the last file first.
type Pools = BTreeMap<String, Vec<Layer>>;

fn lower(model: &mut Model, launch: &Launch<'_>) -> Lowered {
    Ok(ProcessJoin {
        official_only: launch.is_image_as_it_is(),
        ..in_container(model, launch)
    })
}

fn in_container(model: &mut Model, launch: &Launch<'_>) -> ProcessJoin {
    let (context, files, span) = (launch.context, launch.files, launch.span);
    let id = launch.entity(model);
    let official = launch.image.is_some_and(|image| SERVER.images.is_official(image));
    if let Some(doubt) = changed_pools(launch) {
        return doubtful(model, id, &doubt);
    }
    let unread = files.unknown.iter().find(|(path, _)| {
        let folder = path.trim_end_matches('/');
        is_pool(&format!("{folder}/x.conf")) || is_pool(folder)
    });
    if let Some((_, doubt)) = unread {
        return doubtful(model, id, doubt);
    }
    // Files come in order of path, as php-fpm's own `include` takes them.
    let found: Vec<(&str, Arc<Tree>)> = files
        .files
        .iter()
        .filter(|file| is_pool(&file.path))
        .map(|file| (file.path.as_str(), context.tree(&file.source, Language::Ini)))
        .collect();
    let pools = pools(model, found.iter().map(|(_, tree)| tree));
    if !official && pools.is_empty() {
        let doubt = Doubt::at("its pools are inside the image", span);
        return doubtful(model, id, &doubt);
    }
    let mut addresses = addresses(&pools);
    if official {
        let docker = Address::tcp("0.0.0.0", 9000, span);
        let last = found.iter().rev().find(|(_, tree)| says_listen(tree, "www"));
        if docker_pool_counts(launch, last.map(|(path, _)| *path)) {
            addresses.insert("www".to_owned(), Known::Is(docker));
        }
    }
    let ini = ini(model, launch);
    finish(model, id, pools, addresses, ini)
}

/// The memory limit outside the pools: `php.ini` and, after it, `conf.d` in order of names; why it is not known.
fn ini(model: &mut Model, launch: &Launch<'_>) -> Result<Vec<Layer>, Doubt> {
    let (context, spec, files) = (launch.context, launch.spec, launch.files);
    if !launch.is_image("php") && !launch.is_image("wordpress") {
        return Err(Doubt::at("the image may set memory_limit", spec.span));
    }
    if context.dockerfile_names(spec, &["memory_limit", "php.ini", "conf.d"]) {
        return Err(Doubt::at("the Dockerfile may set memory_limit", spec.span));
    }
    const FOLDER: &str = "/usr/local/etc/php";
    if let Some((_, doubt)) = files.unknown.iter().find(|(path, _)| path.starts_with(FOLDER)) {
        return Err(doubt.clone());
    }
    let main = format!("{FOLDER}/php.ini");
    let is_ini = |path: &str| {
        path.strip_prefix(FOLDER)
            .is_some_and(|rest| rest.starts_with("/conf.d/") && rest.ends_with(".ini"))
    };
    let first = files.files.iter().filter(|file| file.path == main);
    let mut layers = Vec::new();
    for file in first.chain(files.files.iter().filter(|file| is_ini(&file.path))) {
        let tree = context.tree(&file.source, Language::Ini);
        let sections = tree.root().children().filter(|at| at.is_map()).map(|at| at.id());
        for map in [NodeId::ROOT].into_iter().chain(sections) {
            let layer = Layer::of_tree(model, &tree, map, &["memory_limit"]);
            if !layer.settings.is_empty() {
                layers.insert(0, layer);
            }
        }
    }
    Ok(layers)
}

/// A Dockerfile that changes the pools by more than copies that are read: `sed` on `www.conf`, files of other stages.
fn changed_pools(launch: &Launch<'_>) -> Option<Doubt> {
    let path = launch.spec.dockerfile.as_ref()?;
    let text = joined(&launch.context.dockerfile(launch.spec)?.text);
    let (stages, own) = stage_of(&text, launch.spec)?;
    let stage = &stages[own];
    let names = ["php-fpm.d", "/fpm/", "php-fpm.conf"];
    let touches = |text: &str| names.iter().any(|name| text.contains(name));
    let other = stage.others(&text).into_iter().any(touches);
    // The main file may include other pools.
    let mut copied = stage
        .copies()
        .flat_map(|(sources, to)| sources.iter().map(String::as_str).chain([to]));
    let main = copied.any(|word| word.ends_with("php-fpm.conf"));
    (other || main).then(|| Doubt::new(format!("{path} changes its pools")))
}

/// Pools among the files of a machine.
fn machine(model: &mut Model, context: &ProcessContext<'_>) -> Option<ProcessJoin> {
    let trees: Vec<Arc<Tree>> = context
        .loose_files()
        .filter(|file| file.role == Role::Product(DESCRIPTOR.id()))
        .map(|file| match &file.tree {
            Some(tree) => tree.clone(),
            None => context.tree(&file.source, Language::Ini),
        })
        .filter(|tree| tree.root().children().any(|section| says_listen(tree, section.name())))
        .collect();
    let listen = trees
        .first()?
        .root()
        .children()
        .find_map(|section| section.child("listen"))?;
    let mut entity = Entity::new(Kind::Process, DESCRIPTOR.product.name, listen.head());
    entity.set(process::NAME, DESCRIPTOR.product.name.into(), listen.head());
    let id = model.add(entity);
    let pools = pools(model, trees.iter());
    let mut addresses = addresses(&pools);
    addresses.extend(debian_link(context, &trees));
    let ini = Err(Doubt::new("the machine's php.ini is not read"));
    Some(finish(model, id, pools, addresses, ini))
}

/// `/run/php/php-fpm.sock`, which Debian's and Ubuntu's unit links to the socket that `pool.d/www.conf` names when it is
/// started, and to nothing where that names a TCP port or several sockets (php-fpm-socket-helper, read in php-common
/// 2:93; php8.2-fpm.service of 8.2.31-1~deb12u1). In containers no unit is started.
fn debian_link(context: &ProcessContext<'_>, trees: &[Arc<Tree>]) -> Option<(String, Known<Address>)> {
    const LINK: &str = "/run/php/php-fpm.sock";
    let is_default = |tree: &&Arc<Tree>| {
        let path = &context.sources.get(tree.source()).path;
        path.rsplit('/').next() == Some("www.conf")
    };
    let tree = trees.iter().find(is_default)?;
    let mut listens = tree.root().children().filter_map(|section| section.child("listen"));
    let (Some(listen), None) = (listens.next(), listens.next()) else {
        return None;
    };
    let path = &context.sources.get(tree.source()).path;
    let socket = listen.text().unwrap_or_default();
    // Only these systems have these folders.
    let of_debian =
        path.contains("/fpm/pool.d/") || socket.starts_with("/run/php/") || socket.starts_with("/var/run/php/");
    let links = of_debian && socket.contains('/') && socket != LINK;
    // Behind the pools.
    links.then(|| ("~link".to_owned(), Known::Is(Address::unix(LINK, listen.head()))))
}

/// Where php-fpm is told to look for pools: in the official images, Debian, Red Hat and Alpine.
fn is_pool(path: &str) -> bool {
    path.ends_with(".conf")
        && (path.starts_with("/usr/local/etc/php-fpm.d/")
            || path.contains("/fpm/pool.d/")
            || path.contains("/php-fpm.d/"))
}

fn says_listen(tree: &Tree, pool: &str) -> bool {
    pool != "global"
        && tree
            .root()
            .all(pool)
            .any(|section| section.is_map() && section.child("listen").is_some())
}

fn pools<'t>(model: &mut Model, trees: impl Iterator<Item = &'t Arc<Tree>>) -> Pools {
    let mut pools = Pools::new();
    for tree in trees {
        for section in tree.root().children() {
            if section.is_map() && section.name() != "global" {
                let layer = Layer::of_tree(model, tree, section.id(), IN_FILE);
                pools.entry(section.name().to_owned()).or_default().insert(0, layer);
            }
        }
    }
    pools
}

fn addresses(pools: &Pools) -> BTreeMap<String, Known<Address>> {
    let address = |name: &String, layers: &Vec<Layer>| match find(layers, "listen") {
        Known::Is(setting) => setting.value().map(|text| address(text, name, setting.span)),
        Known::Unknown(doubt) => Known::Unknown(doubt),
        Known::Absent => Known::Absent,
    };
    pools
        .iter()
        .map(|(name, layers)| (name.clone(), address(name, layers)))
        .collect()
}

/// `9000`, `host:9000`, `[::]:9000`, `/run/php.sock`; `$pool` is the pool's name.
fn address(text: &str, pool: &str, span: Span) -> Address {
    let text = text.replace("$pool", pool);
    let bind = match text.rsplit_once(':') {
        _ if text.contains('/') => Bind::Unix(text.as_str().into()),
        Some((host, number)) => Bind::host_and_port(host, number, span),
        None => Bind::host_and_port("", &text, span),
    };
    Address {
        bind,
        written: text,
        span,
    }
}

/// Whether the image's own `listen = 9000` is the last word on the pool `www`, of which `last` is the last mounted file
/// to say where it listens.
fn docker_pool_counts(launch: &Launch<'_>, last: Option<&str>) -> bool {
    const DOCKER: &str = "/usr/local/etc/php-fpm.d/zz-docker.conf";
    let hides = |path: &str| path == DOCKER || path == OFFICIAL || OFFICIAL.starts_with(&format!("{path}/"));
    let hidden = launch.spec.mounts.iter().any(|mount| {
        // The keys of a ConfigMap arrive one by one, but the folder they are mounted as hides the image's files.
        let written = launch.context.sources.text(mount.span);
        let folder = written.trim_matches(['"', '\'']).trim_end_matches('/');
        let by_key = mount
            .path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'));
        hides(mount.path.trim_end_matches('/')) || (by_key && hides(folder))
    });
    !hidden && last.is_none_or(|path| path <= DOCKER)
}

/// How many workers there are, and what of them cannot be known.
fn workers(model: &mut Model, id: EntityId, pools: &Pools, no_ini: Option<&Doubt>) {
    let span = model.entity(id).span;
    let own = pools.values().next().map_or(&[][..], Vec::as_slice);
    let entity = model.entity_mut(id);
    let fixed = holds(own, "pm", false, |text| text == "static");
    entity.set_known(process::WORKERS_FIXED, fixed, span);
    if pools.len() > 1 {
        let doubt = Doubt::at("there are several pools", span);
        entity.set_known(process::WORKERS, Known::Unknown(doubt.clone()), span);
        entity.set_known(process::WORKER_MEMORY, Known::Unknown(doubt), span);
        return;
    }
    let in_pool = [ADMIN_LIMIT, POOL_LIMIT]
        .iter()
        .any(|name| !matches!(find(own, name), Known::Absent));
    if let Some(doubt) = no_ini.filter(|_| !in_pool) {
        entity.set_known(process::WORKER_MEMORY, Known::Unknown(doubt.clone()), span);
    }
}

fn doubtful(model: &mut Model, id: EntityId, doubt: &Doubt) -> ProcessJoin {
    let span = model.entity(id).span;
    let entity = model.entity_mut(id);
    entity.set_known(process::REQUEST_TIMEOUT, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::KILLS_AT_TIMEOUT, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::WORKERS, Known::Unknown(doubt.clone()), span);
    entity.set_known(process::WORKER_MEMORY, Known::Unknown(doubt.clone()), span);
    let sockets = sockets::add(model, id, Known::Unknown(doubt.clone()));
    ProcessJoin::of(DESCRIPTOR.id(), id, sockets)
}

fn finish(
    model: &mut Model,
    id: EntityId,
    pools: Pools,
    addresses: BTreeMap<String, Known<Address>>,
    ini: Result<Vec<Layer>, Doubt>,
) -> ProcessJoin {
    workers(model, id, &pools, ini.as_ref().err());
    let span = model.entity(id).span;
    let timeout = |layers: &[Layer]| match find(layers, "request_terminate_timeout") {
        Known::Is(setting) => setting.value().map(|text| (TIME.value_of)(text)),
        Known::Absent => Known::Is((TIME.value_of)("0")),
        Known::Unknown(doubt) => Known::Unknown(doubt),
    };
    let mut timeouts: Vec<(Known<Option<Value>>, Span)> = Vec::new();
    for layers in pools.values() {
        let at = find(layers, "request_terminate_timeout")
            .is()
            .map_or(span, |setting| setting.span);
        let own = timeout(layers);
        if !timeouts.iter().any(|(known, _)| *known == own) {
            timeouts.push((own, at));
        }
    }
    let off = (TIME.value_of)("0");
    let entity = model.entity_mut(id);
    match timeouts.as_slice() {
        [] => entity.set(process::KILLS_AT_TIMEOUT, false, span),
        [(known, at)] => {
            let kills = known.clone().map(|value| value != off);
            entity.set_known(process::KILLS_AT_TIMEOUT, kills, *at);
        }
        _ => {
            let doubt = Doubt::at("its pools have different values of request_terminate_timeout", span);
            entity.set_known(process::REQUEST_TIMEOUT, Known::Unknown(doubt.clone()), span);
            entity.set_known(process::KILLS_AT_TIMEOUT, Known::Unknown(doubt), span);
        }
    }
    let mut layers = pools.into_values().next().unwrap_or_default();
    layers.extend(ini.unwrap_or_default());
    let mut all = Vec::new();
    let mut doubt = None;
    for address in addresses.into_values() {
        match address {
            Known::Is(address) => all.push(address),
            Known::Unknown(why) => doubt = Some(why),
            Known::Absent => {}
        }
    }
    let all = match doubt {
        Some(doubt) => Known::Unknown(doubt),
        None => Known::Is(all),
    };
    settings::attach(model, id, &layers, &TABLE);
    let sockets = sockets::add(model, id, all);
    sockets::speak(model, &sockets, Some("fastcgi"));
    ProcessJoin::of(DESCRIPTOR.id(), id, sockets)
}
