# WordPress as Debian has it, over MariaDB, with PHP's own web server, for the tests of job boards;
# sourced by .ci/peers. Its REST interface wants application passwords. A plugin of ours gives it the
# kind of post and the fields that the plugin WP Job Manager has in REST, which is not Debian's.
# The database is reached by a socket alone; everything runs as users without rights.
# shellcheck shell=bash disable=SC2154

wordpress_packages() {
    echo wordpress mariadb-server php-cli php-mysql php-curl php-xml php-mbstring
}

wordpress_prepare() {
    local folder=$run/wordpress
    mkdir -p "$folder"/{database,site/wp-content/mu-plugins}
    cp -rL /usr/share/wordpress/. "$folder/site"
    rm -f "$folder/site/wp-config.php"
    mkdir -p "$folder/site/wp-content/uploads"
    sed -e "s#@SOCKET@#$folder/database/socket#; s#@ADDRESS@#http://127.0.0.1:$(port 44)#" \
        "$here/peer/wordpress_config.php" >"$folder/site/wp-config.php"
    cp "$here/peer/wordpress_jobs.php" "$folder/site/wp-content/mu-plugins/jobs.php"
    # Debian's package brings no theme, and without one every page is empty.
    mkdir -p "$folder/site/wp-content/themes/plain"
    printf '/*\nTheme Name: Plain\n*/\n' >"$folder/site/wp-content/themes/plain/style.css"
    cp "$here/peer/wordpress_theme.php" "$folder/site/wp-content/themes/plain/index.php"
    cp "$here"/peer/wordpress_{install,router}.php "$folder"
    chown -R mysql: "$folder/database"
    chown -R www-data: "$folder/site"
    setpriv --reuid mysql --regid mysql --clear-groups -- mariadb-install-db --no-defaults \
        --datadir="$folder/database/data" --auth-root-authentication-method=normal \
        --skip-test-db >>"$log/wordpress.log" 2>&1
}

wordpress_start() {
    local folder=$run/wordpress turn
    begin wordpress_database mariadbd --no-defaults --user=mysql --skip-networking \
        --datadir="$folder/database/data" --socket="$folder/database/socket" \
        --pid-file="$folder/database/pid" --innodb-buffer-pool-size=32M
    for turn in {1..300}; do
        ! mariadb-admin --no-defaults --socket="$folder/database/socket" --user=root ping \
            >/dev/null 2>&1 || break
        [ "$turn" -lt 300 ] || return 1
        sleep 0.2
    done
    mariadb --no-defaults --socket="$folder/database/socket" --user=root \
        --execute='create database if not exists wordpress character set utf8mb4' &&
        wordpress_as_itself php -d display_errors=0 "$folder/wordpress_install.php" \
            "$folder/site" >"$folder/password.new" 2>>"$log/wordpress.log" &&
        [ -s "$folder/password.new" ] && mv "$folder/password.new" "$folder/password" || return
    PHP_CLI_SERVER_WORKERS=3 begin wordpress setpriv --reuid www-data --regid www-data \
        --clear-groups -- php -d display_errors=0 -S "127.0.0.1:$(port 44)" -t "$folder/site" \
        "$folder/wordpress_router.php"
}

wordpress_as_itself() {
    setpriv --reuid www-data --regid www-data --clear-groups -- "$@"
}

wordpress_ready() {
    lives wordpress && lives wordpress_database &&
        curl --fail --silent --output /dev/null "http://127.0.0.1:$(port 44)/wp-json/"
}

wordpress_stop() {
    end wordpress
    end wordpress_database
}
